import type { ApprovalId } from '../../domain/approval.ts';
import type { RunId, SessionId } from '../../domain/id.ts';
import type { Change } from '../../ports/session-store.ts';
import {
  approvalId,
  runId,
  sampleApproval,
  sampleEvent,
  sampleRun,
  sampleSession,
  sessionId,
} from './sample-rows.ts';
import type { SeededRandom } from './seeded-random.ts';

/** One call of a history. */
export type ModelCall =
  | { readonly call: 'commit'; readonly change: Change }
  | { readonly call: 'acquire'; readonly run: RunId; readonly owner: string; readonly milliseconds: number }
  | { readonly call: 'renew'; readonly run: RunId; readonly token: number; readonly milliseconds: number }
  | { readonly call: 'release'; readonly run: RunId; readonly token: number };

/** Commits that start at once, or one other call, or time that passes. */
export type ModelStep = readonly ModelCall[] | { readonly passTime: number };

const sessions = [sessionId('one'), sessionId('two'), sessionId('three')] as const;
const runs = [runId('x'), runId('y')] as const;
const approvals = [approvalId('p'), approvalId('q')] as const;
const spans = [1_000, 60_000, 3_600_000] as const;
const day = 24 * 3_600_000;

/** A history: the same for the same random source, whatever the store makes of it. */
export function modelSteps(random: SeededRandom, count: number): readonly ModelStep[] {
  const earlier: Change[] = [];
  // One session is there from the start, so that the first steps already do something.
  const begin: Change = {
    sessionId: sessions[0],
    session: { create: sampleSession(sessions[0]) },
    events: [],
  };
  const steps = Array.from({ length: count }, (_, step): ModelStep => {
    const dice = random.below(100);
    if (dice < 8) return { passTime: random.pick([500, 30_000, 3_600_000, 3 * day, 8 * day]) };
    if (dice < 35) return [leaseCall(random)];
    return Array.from({ length: 1 + random.below(random.pick([1, 4, 12])) }, (_unused, index): ModelCall => {
      const change = randomChange(random, earlier, `${step}.${index}`);
      earlier.push(change);
      return { call: 'commit', change };
    });
  });
  return [[{ call: 'commit', change: begin }], ...steps];
}

function leaseCall(random: SeededRandom): ModelCall {
  const run = random.pick(runs);
  const milliseconds = random.pick(spans);
  const token = 1 + random.below(6);
  const dice = random.below(10);
  if (dice < 6) return { call: 'acquire', run, owner: random.pick(['me', 'you']), milliseconds };
  if (dice < 8) return { call: 'renew', run, token, milliseconds };
  return { call: 'release', run, token };
}

/** Guesses versions, tokens and ids from a small range, so that about half of the changes hold. */
function randomChange(random: SeededRandom, earlier: readonly Change[], name: string): Change {
  const [first, ...rest] = earlier;
  if (first !== undefined && random.chance(0.15)) return random.pick([first, ...rest]);
  const id = random.pick(sessions);
  const events = Array.from({ length: random.below(4) }, (_, index) => sampleEvent(`${name}.${index}`));
  const session = random.chance(0.35) ? sessionWrite(random, id, name) : undefined;
  const runWrites = runs.filter(() => random.chance(0.25)).map((run) => runWrite(random, run, id, name));
  const approvalWrites = approvals
    .filter(() => random.chance(0.2))
    .map((approval) => approvalWrite(random, approval, id, name));
  const rows = runWrites.length + approvalWrites.length;
  const writesNothing = events.length === 0 && session === undefined && rows === 0;
  return {
    sessionId: id,
    events: writesNothing ? [sampleEvent(name)] : events,
    ...(session === undefined ? {} : { session }),
    ...(runWrites.length === 0 ? {} : { runs: runWrites }),
    ...(approvalWrites.length === 0 ? {} : { approvals: approvalWrites }),
    ...(random.chance(0.25) ? { lease: randomFence(random) } : {}),
    ...keyOrLease(random),
  };
}

function randomFence(random: SeededRandom): NonNullable<Change['lease']> {
  return { runId: random.pick(runs), token: 1 + random.below(6), release: random.chance(0.3) };
}

/** A change has a key, or takes a lease, or neither. */
function keyOrLease(random: SeededRandom): Pick<Change, 'key' | 'takeLease'> {
  if (random.chance(0.3)) return { key: random.pick(['k1', 'k2', 'k3']) };
  if (!random.chance(0.2)) return {};
  const owner = random.pick(['me', 'you']);
  return { takeLease: { runId: random.pick(runs), owner, milliseconds: random.pick(spans) } };
}

function sessionWrite(random: SeededRandom, id: SessionId, name: string): NonNullable<Change['session']> {
  if (random.chance(0.4)) return { create: sampleSession(id, { title: name }) };
  return { id, expectedVersion: 1 + random.below(5), set: { title: random.chance(0.2) ? undefined : name } };
}

function runWrite(
  random: SeededRandom,
  id: RunId,
  session: SessionId,
  name: string,
): NonNullable<Change['runs']>[number] {
  if (random.chance(0.3)) return { create: sampleRun(id, session, { model: name }) };
  return { id, expectedVersion: 1 + random.below(4), set: { model: random.chance(0.2) ? undefined : name } };
}

function approvalWrite(
  random: SeededRandom,
  id: ApprovalId,
  session: SessionId,
  name: string,
): NonNullable<Change['approvals']>[number] {
  if (random.chance(0.3)) {
    return { create: sampleApproval(id, session, random.pick(runs), { decidedBy: name }) };
  }
  const set = { decidedBy: random.chance(0.2) ? undefined : name };
  return { id, expectedVersion: 1 + random.below(4), set };
}
