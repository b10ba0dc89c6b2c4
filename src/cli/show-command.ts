import type { ErrorRecord } from '../domain/error.ts';
import type { Run } from '../domain/run.ts';
import type { Session } from '../domain/session.ts';
import { cacheWrites, totalTokens } from '../domain/usage.ts';
import { oneLine, visibleText } from '../rendering/visible-text.ts';
import { costDetails, costText } from './cost-text.ts';
import { kindOfId } from './identifier.ts';
import { openReader } from './open-reader.ts';
import { write, writeJson } from './output.ts';
import { paintFor } from './paint.ts';
import { recoverRuns } from './recovery.ts';
import type { SharedOptions } from './shared-options.ts';
import { outputWidth, renderTable } from './table.ts';
import { ago, duration } from './time-text.ts';

/** `asm show` */
export async function showCommand(id: string, options: SharedOptions): Promise<void> {
  const kind = kindOfId(id);
  await using manager = await openReader(options);
  await recoverRuns(manager, options);
  if (kind === 'run') {
    const run = await (await manager.getRun(id)).read();
    if (options.json === true) await writeJson(run);
    else await write(describeRun(run));
    return;
  }
  const handle = await manager.getSession(id);
  const session = await handle.read();
  const runs = await handle.runs();
  const { latestSeq } = await handle.events({ limit: 1, order: 'descending' });
  if (options.json === true) await writeJson({ ...session, latestSeq, runs });
  else await write(describeSession(session, runs, latestSeq));
}

/** A session and its runs, for people. */
function describeSession(session: Session, runs: readonly Run[], latestSeq: number): string {
  const facts = [
    fact('session', session.id),
    fact('status', session.status),
    ...(session.title === undefined ? [] : [fact('title', oneLine(session.title, 200))]),
    ...(session.cwd === undefined ? [] : [fact('folder', oneLine(session.cwd, 400))]),
    fact('created', ago(session.createdAt)),
    fact('events', String(latestSeq)),
  ];
  if (runs.length === 0) return `${facts.join('\n')}\nNo run yet.\n`;
  const table = renderTable<Run>(
    runs,
    [
      { title: 'RUN', value: (run) => run.id },
      {
        title: 'STATUS',
        value: ({ status, waitingFor }) => (waitingFor === undefined ? status : `${status}, ${waitingFor}`),
      },
      { title: 'PROVIDER', value: (run) => run.provider, leaveOut: 2 },
      { title: 'TOKENS', value: (run) => String(totalTokens(run.usage)), align: 'right', unit: 'token' },
      { title: 'COST', value: ({ cost }) => (cost === undefined ? '–' : costText(cost)), align: 'right' },
      { title: 'TIME', value: timeText, align: 'right', leaveOut: 1 },
      { title: 'INPUT', value: (run) => run.input[0]?.text ?? '', flexible: true },
    ],
    outputWidth(),
  );
  const failure = lastFailure(runs);
  return `${facts.join('\n')}\n\n${table}\n${failure === undefined ? '' : `\n${failure}\n`}`;
}

/** Why the newest run failed: with that one begins to look, and the table has no room for it. */
function lastFailure(runs: readonly Run[]): string | undefined {
  const last = runs.reduce<Run | undefined>(
    (newest, run) => (newest === undefined || run.createdAt >= newest.createdAt ? run : newest),
    undefined,
  );
  return last?.error === undefined ? undefined : `The newest run failed: ${errorText(last.error)}`;
}

/** The status of a run, and what it waits for. */
function runStatus({ status, waitingFor }: Run): string {
  if (waitingFor === undefined) return status;
  const what = waitingFor === 'approval' ? 'an approval (asm approvals)' : 'the end of a rate limit';
  return `${status}, waits for ${what}`;
}

function errorText({ message, code }: ErrorRecord): string {
  return `${oneLine(message, 1_000)} [${code}]`;
}

function describeRun(run: Run): string {
  const { usage } = run;
  return [
    fact('run', run.id),
    fact('session', run.sessionId),
    fact('status', runStatus(run)),
    fact('provider', `${run.provider}${run.model === undefined ? '' : ` (${oneLine(run.model, 80)})`}`),
    fact('time', timeText(run)),
    fact(
      'tokens',
      `${usage.inputTokens} in, ${usage.cacheReadTokens} cached, ${cacheWrites(usage)} to cache, ${usage.outputTokens + usage.reasoningTokens} out`,
    ),
    fact('cost', run.cost === undefined ? '–' : costDetails(run.cost)),
    ...(run.error === undefined ? [] : [fact('error', errorText(run.error))]),
    ...(run.output === undefined ? [] : ['', visibleText(run.output)]),
    '',
  ].join('\n');
}

function fact(name: string, value: string): string {
  return `${paintFor(process.stdout).dim(name.padEnd(9))}${value}`;
}

function timeText(run: Run): string {
  if (run.startedAt === undefined) return '–';
  return run.endedAt === undefined
    ? `${duration(Date.now() - run.startedAt)}…`
    : duration(run.endedAt - run.startedAt);
}
