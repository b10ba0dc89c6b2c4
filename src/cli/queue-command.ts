import { partsOf } from '../manager/manager-parts.ts';
import { runIdOf, sessionIdOf } from '../manager/given-id.ts';
import { findSession } from '../manager/session-change.ts';
import { findRun } from '../manager/run-wait.ts';
import { listQueue, type QueueEntry } from '../runtime/queue-list.ts';
import { moveQueuedRun } from '../runtime/queue-move.ts';
import { withdrawQueuedRun } from '../runtime/queue-withdrawal.ts';
import { openReader } from './open-reader.ts';
import { write, writeJson } from './output.ts';
import type { SharedOptions } from './shared-options.ts';
import { outputWidth, renderTable } from './table.ts';
import { duration } from './time-text.ts';

interface QueueOptions extends SharedOptions {
  readonly session?: string;
}

/** `asm queue` */
export async function queueCommand(options: QueueOptions): Promise<void> {
  await using manager = await openReader(options);
  const { environment } = partsOf(manager);
  const sessionId = options.session === undefined ? undefined : sessionIdOf(options.session);
  if (sessionId !== undefined) await findSession(environment, sessionId);
  const entries = await listQueue(environment.store, sessionId, environment.clock.now());
  if (options.json === true) {
    for (const { run, ...entry } of entries) {
      const { id: runId, sessionId: session, createdAt, input } = run;
      await writeJson({ runId, sessionId: session, status: statusOf(run), ...entry, createdAt, input });
    }
    return;
  }
  if (entries.length === 0) {
    await write('Nothing runs, and nothing is queued.\n');
    return;
  }
  const table = renderTable<QueueEntry>(
    entries,
    [
      { title: 'RUN', value: ({ run }) => run.id },
      { title: 'STATUS', value: ({ run }) => statusOf(run) },
      { title: 'PLACE', value: ({ place }) => (place === undefined ? '–' : String(place)), align: 'right' },
      { title: 'WAITED', value: ({ waited }) => duration(waited), align: 'right' },
      { title: 'SESSION', value: ({ run }) => run.sessionId, leaveOut: 2 },
      { title: 'PROVIDER', value: ({ run }) => run.provider, leaveOut: 1 },
      { title: 'INPUT', value: ({ run }) => run.input[0]?.text ?? '', flexible: true },
    ],
    outputWidth(),
  );
  await write(`${table}\n`);
}

/** `asm queue promote` */
export async function promoteCommand(id: string, options: SharedOptions): Promise<void> {
  await using manager = await openReader(options);
  const { environment } = partsOf(manager);
  const { sessionId } = await findRun(environment, runIdOf(id));
  await moveQueuedRun(environment, sessionId, runIdOf(id), 'first');
  if (options.json === true) await writeJson({ runId: id, sessionId, place: 1 });
  else await write(`${id} is the next in its queue.\n`);
}

/** `asm queue withdraw` */
export async function withdrawCommand(id: string, options: SharedOptions): Promise<void> {
  await using manager = await openReader(options);
  const { status } = await withdrawQueuedRun(partsOf(manager).environment, runIdOf(id), {});
  if (options.json === true) await writeJson({ runId: id, status });
  else await write(`${id} is ${status === 'cancelled' ? 'withdrawn' : status}.\n`);
}

function statusOf({ status }: QueueEntry['run']): string {
  return status === 'pending' ? 'queued' : status;
}
