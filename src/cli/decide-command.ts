import type { ApprovalDecision } from '../domain/approval.ts';
import { AsmError } from '../domain/error.ts';
import { parseId } from '../domain/id.ts';
import { isJsonObject, toJson, type JsonObject } from '../domain/json.ts';
import type { Run } from '../domain/run.ts';
import { parseToolRule } from '../domain/tool-rule.ts';
import { partsOf } from '../manager/manager-parts.ts';
import type { SessionManager } from '../manager/session-manager.ts';
import { storeWords } from './command-words.ts';
import { openManager } from './open-manager.ts';
import { openReader } from './open-reader.ts';
import { write, writeJson } from './output.ts';
import type { SharedOptions } from './shared-options.ts';
import { assertStoreExists } from './store-location.ts';
import { timeToCome } from './time-to-come.ts';
import { userName } from './user-name.ts';

interface DecideOptions extends SharedOptions {
  readonly by?: string;
  readonly reason?: string;
}

interface ApproveOptions extends DecideOptions {
  readonly input?: string;
  readonly session?: boolean;
  readonly pattern?: string;
  readonly until?: string;
  readonly answer?: readonly string[];
}

interface DenyOptions extends DecideOptions {
  readonly message?: string;
  readonly stop?: boolean;
}

/** `asm approve` */
export async function approveCommand(id: string, options: ApproveOptions): Promise<void> {
  await decide(id, readApproval(options), options);
}

/** `asm deny` */
export async function denyCommand(id: string, options: DenyOptions): Promise<void> {
  const { message, stop } = options;
  await decide(
    id,
    { as: 'deny', ...(message === undefined ? {} : { message }), ...(stop === true ? { stop } : {}) },
    options,
  );
}

async function decide(id: string, decision: ApprovalDecision, options: DecideOptions): Promise<void> {
  await using manager = await openFor(id, decision, options);
  const { by = userName(), reason } = options;
  const approval = await manager.approvals.decide(id, decision, {
    by,
    ...(reason === undefined ? {} : { reason }),
  });
  if (options.json === true) return await writeJson(approval);
  await write(`${id} is ${approval.status}.\n`);
  const run = await (await manager.getRun(approval.runId)).read();
  const resume = `asm resume${storeWords(options)} ${run.id}`;
  if (run.parked !== undefined) {
    process.stderr.write(`Its agent starts again where its run is waited for; else: ${resume}\n`);
  } else if (await isLeft(manager, run)) {
    process.stderr.write(`The process of its run is gone. Go on: ${resume}\n`);
  }
}

/** True when nobody executes the run any more, so that the answer reaches no agent by itself. */
async function isLeft(manager: SessionManager, run: Run): Promise<boolean> {
  if (run.status !== 'running') return false;
  const { store, clock } = partsOf(manager).environment;
  const lease = await store.leases.current(run.id);
  return lease === undefined || lease.expiresAt <= clock.now();
}

/** Only another input has to be checked against what the provider of the call can do. */
async function openFor(
  id: string,
  decision: ApprovalDecision,
  options: SharedOptions,
): Promise<SessionManager> {
  if (decision.as !== 'allow' || decision.input === undefined) return await openReader(options);
  assertStoreExists(options);
  const approvalId = parseId('approval', id);
  return await openManager(options, {
    provider: async (store) =>
      approvalId === undefined ? undefined : (await store.approval(approvalId))?.provider,
  });
}

function readApproval(options: ApproveOptions): ApprovalDecision {
  const { input, session, pattern, until, answer } = options;
  const ways = { '--input': input, '--session': session, '--pattern': pattern, '--answer': answer };
  const given = Object.entries(ways).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length > 1) throw invalid(`Take only one of ${given.join(', ')}.`);
  if ((pattern === undefined) !== (until === undefined)) {
    throw invalid('--pattern and --until go together: what is allowed, and how long.');
  }
  if (input !== undefined) return { as: 'allow', input: readInput(input) };
  if (session === true) return { as: 'allow_session' };
  if (pattern !== undefined) {
    return { as: 'allow_pattern', rule: parseToolRule(pattern), until: timeToCome(until ?? '') };
  }
  if (answer !== undefined) return { as: 'answer', answers: readAnswers(answer) };
  return { as: 'allow' };
}

function readInput(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const json = value === undefined ? undefined : toJson(value);
  if (isJsonObject(json)) return json;
  throw invalid('--input is a JSON object, such as \'{"command":"ls"}\'.');
}

/** Answers are `question=answer`; a question may itself have a `=` only if its answer has none. */
function readAnswers(texts: readonly string[]): JsonObject {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.lastIndexOf('=');
      if (at <= 0)
        throw invalid(`--answer is the question, "=" and the answer, not "${text.slice(0, 100)}".`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function invalid(message: string): AsmError {
  return new AsmError('invalid_input', message);
}
