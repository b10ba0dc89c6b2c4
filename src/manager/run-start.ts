import { createHash, randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { isSupported, type CapabilityName } from '../domain/capability.ts';
import { AsmError } from '../domain/error.ts';
import { brandId, type RunId, type SessionId } from '../domain/id.ts';
import { toJson } from '../domain/json.ts';
import type { RunInput } from '../domain/message.ts';
import { assertRunMove, type Run } from '../domain/run.ts';
import { assertSessionTakesRuns, type Session } from '../domain/session.ts';
import { noUsage } from '../domain/usage.ts';
import type { Provider, ResumeRequest } from '../ports/provider.ts';
import { findProvider, type ManagerEnvironment } from './manager-environment.ts';
import type { PreparedRun, RunStart } from './run-executor.ts';
import { checkInput, checkRunOptions, storedOptions, workingFolder, type RunOptions } from './run-options.ts';
import { findSession } from './session-change.ts';

/** Checks a run's input and options and makes its row, pending; nothing is written yet. */
export async function prepareRun<Native extends object>(
  environment: ManagerEnvironment,
  sessionId: SessionId,
  input: RunInput,
  options: RunOptions<Native>,
): Promise<PreparedRun> {
  const { store, clock, redactor } = environment;
  checkRunOptions(options);
  const messages = checkInput(input);
  const session = await findSession(environment, sessionId);
  const provider = chosenProvider(environment, session, options);
  checkCapabilities(provider, options);
  const cwd = workingFolder(options, session);
  await checkFolder(cwd);
  const resume = await findResume(environment, session, provider, options.continuation ?? 'auto');
  const { latestSeq } = await store.events({ sessionId, limit: 1, order: 'descending' });
  const stored = messages.map(({ role, text }) => ({ role, text: redactor.text(text).text }));
  const run: Run = {
    id: runId(environment, sessionId, options.key),
    sessionId,
    status: 'pending',
    version: 1,
    createdAt: clock.now(),
    logStart: latestSeq,
    provider: provider.name,
    ...(options.model === undefined ? {} : { model: options.model }),
    input: stored,
    ...(stored.some((message, index) => message.text !== messages[index]?.text)
      ? { inputRedacted: true }
      : {}),
    options: storedOptions(options),
    attempt: 0,
    usage: noUsage,
  };
  return { run, session, provider, messages, options, native: options.native, cwd, resume };
}

/** What starting a prepared run writes: for a new run its row, for a pending one the move. */
export function decideStart(
  environment: ManagerEnvironment,
  prepared: PreparedRun,
  isNew: boolean,
): (session: Session) => RunStart {
  return (session) => {
    const { clock, encoder } = environment;
    const { run, provider, options, cwd } = prepared;
    const activates = session.status === 'pending';
    if (!activates) assertSessionTakesRuns(session);
    assertRunMove(run, 'running');
    const set = {
      status: 'running',
      startedAt: clock.now(),
      attempt: 1,
      cookie: prepared.run.cookie ?? randomUUID(),
    } as const;
    const started: Run = { ...run, ...set, version: isNew ? 1 : run.version + 1 };
    const origin = { runId: run.id, provider: provider.name };
    return {
      run: started,
      write: isNew ? { create: started } : { id: run.id, expectedVersion: run.version, set },
      // Written even when nothing else changes: its version is what a concurrent completion trips over.
      session: {
        id: session.id,
        expectedVersion: session.version,
        set: { updatedAt: clock.now(), ...(activates ? { status: 'active' } : {}) },
      },
      events: [
        ...(activates ? [encoder.encode({ type: 'session_activated', data: {} }, {})] : []),
        ...(isNew ? [encodeCreated(environment, run)] : []),
        encoder.encode(
          {
            type: 'run_started',
            data: {
              requested: {
                provider: provider.name,
                cwd,
                permissionMode: options.permissionMode ?? 'default',
                continuation: options.continuation ?? 'auto',
                ...(options.model === undefined ? {} : { model: options.model }),
              },
            },
          },
          origin,
        ),
      ],
    };
  };
}

export function encodeCreated(environment: ManagerEnvironment, run: Run): RunStart['events'][number] {
  return environment.encoder.encode(
    { type: 'run_created', data: { provider: run.provider, options: run.options } },
    { runId: run.id, provider: run.provider },
  );
}

/** A run made with a key has an id made of it, so that the same call finds the same run. */
function runId(environment: ManagerEnvironment, sessionId: SessionId, key: string | undefined): RunId {
  if (key === undefined) return environment.ids('run');
  const digest = createHash('sha256')
    .update(JSON.stringify([sessionId, key]))
    .digest('hex');
  return brandId('run', `run_${digest.slice(0, 32)}`);
}

/** True when both runs were asked for with the same words. */
export function isSameRequest(first: Run, second: Run): boolean {
  return (
    JSON.stringify(toJson([first.input, first.provider])) ===
    JSON.stringify(toJson([second.input, second.provider]))
  );
}

function chosenProvider<Native extends object>(
  environment: ManagerEnvironment,
  session: Session,
  options: RunOptions<Native>,
): Provider {
  if (typeof options.provider === 'object') return options.provider;
  const [only, ...others] = environment.providers.keys();
  const name = options.provider ?? session.provider ?? (others.length === 0 ? only : undefined);
  if (name === undefined) {
    throw new AsmError(
      'invalid_input',
      'Say which provider the run should take: with the run, the session, or by giving the manager just one.',
    );
  }
  return findProvider(environment, name);
}

export function checkCapabilities(provider: Provider, options: RunOptions): void {
  const needed: readonly (readonly [unknown, CapabilityName, string])[] = [
    [options.maxTurns, 'max_turns', 'maxTurns'],
    [options.systemPrompt, 'system_prompt', 'systemPrompt'],
    [options.mcpServers, 'mcp_servers', 'mcpServers'],
    [options.rules, 'tool_rules', 'rules'],
    [options.authorize, 'approval_before_tool', 'authorize'],
    [options.permissionMode, 'permission_modes', 'permissionMode'],
    [options.continuation === 'native' ? true : undefined, 'native_resume', "continuation 'native'"],
  ];
  const missing = needed.filter(
    ([value, capability]) => value !== undefined && !isSupported(provider.capabilities, capability),
  );
  if (missing.length === 0) return;
  throw new AsmError(
    'capability_not_supported',
    `${provider.name} can't do what these options ask for: ${missing.map(([, , option]) => option).join(', ')}. Leave them out or take another provider.`,
    { details: { provider: provider.name, missing: missing.map(([, capability]) => capability) } },
  );
}

export async function checkFolder(cwd: string): Promise<void> {
  const found = await stat(cwd).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new AsmError(
    'invalid_input',
    `The working folder ${cwd} ${found === undefined ? 'does not exist' : 'is not a folder'}.`,
  );
}

export async function findResume(
  environment: ManagerEnvironment,
  session: Session,
  provider: Provider,
  continuation: 'auto' | 'native' | 'fresh',
): Promise<ResumeRequest | undefined> {
  if (continuation === 'fresh' || !isSupported(provider.capabilities, 'native_resume')) return undefined;
  const own = session.agents[provider.name];
  if (own !== undefined) return { handle: own, fork: false };
  if (session.forkedFrom !== undefined && isSupported(provider.capabilities, 'fork')) {
    const parent = await environment.store.session(session.forkedFrom.sessionId);
    const handle = parent?.agents[provider.name];
    if (handle !== undefined) return { handle, fork: true };
  }
  if (continuation === 'native') {
    throw new AsmError(
      'resume_failed',
      `Session ${session.id} has no conversation at ${provider.name} that could be continued.`,
    );
  }
  return undefined;
}
