import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionManager, type SessionManager } from '../../src/index.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import type { BenchmarkRow } from '../benchmark.ts';
import { agentUnderTest } from './agent-under-test.ts';
import { below } from './goal.ts';
import { startModelProcess } from './model-process.ts';
import { median, medianInterval } from './sample-statistics.ts';
import { scratchFolder } from './scratch-folder.ts';

/** Rounds that are measured, unless a benchmark needs more. */
const usualRounds = 30;

/** Rounds before: the first reads the programs from the disk, and by the last V8 has compiled what runs often, as in a service. */
const earlierRounds = 10;

const prompt = 'Say hello with the shell.';

/** Where an agent works and how it reaches its model. */
export interface AgentPlace {
  readonly cwd: string;
  readonly environment: { readonly [name: string]: string };
  /** A folder beside the working folder. */
  readonly scratch: string;
}

/** Runs an agent with the least client; `asOurs`: the program is started as ours is. */
export type BareRun = (prompt: string, place: AgentPlace, asOurs: boolean) => Promise<void>;

/**
 * A bare client in two ways: as one would write it, with the goal, and, to see what ours does after the start, one that
 * starts the agent as ours does. That is in a session of its own, so that all of it can be ended and none of it reaches
 * the person's terminal, for which Linux may give it less of a processor (autogroups), and with what Node.js compiled
 * of it at its last start.
 */
export function barePeers(name: string, goal: number, run: BareRun): readonly BarePeer[] {
  return [
    { name, goal, run: (prompt, place) => run(prompt, place, false) },
    { name: `${name}, started as ours`, run: (prompt, place) => run(prompt, place, true) },
  ];
}

/** What a managed run is set beside: the same agent, driven by less. */
export interface BarePeer {
  /** What drives it, such as `the SDK alone`. */
  readonly name: string;
  /** The median of the differences is to be below so many milliseconds; absent: it is only to be seen. */
  readonly goal?: number;
  /** One whole run, until the program has ended. Rejects when it went wrong. */
  run(prompt: string, place: AgentPlace): Promise<void>;
}

/**
 * Whole runs of a real agent through the manager, one tool call in each, beside the same work done by the peers, in
 * turns, against a scripted model in a process of its own. In every order equally often: what one leaves to the system,
 * such as the end of its processes, costs the next one time.
 */
export async function measureOverhead(
  agentName: string,
  peers: readonly BarePeer[],
  { quick, rounds = usualRounds }: { readonly quick: boolean; readonly rounds?: number },
): Promise<readonly BenchmarkRow[]> {
  using folder = scratchFolder();
  const cwd = join(folder.path, 'project');
  mkdirSync(cwd);
  const agent = agentUnderTest(agentName);
  await using model = await startModelProcess(agentName);
  const place = { cwd, environment: agent.environment(model, folder.path), scratch: folder.path };
  await using manager = await createSessionManager({
    store: sqliteStore(join(folder.path, 'ours.db')),
    providers: [agent.provider()],
  });
  const works = [
    () => runManaged(manager, agentName, place),
    ...peers.map((peer) => () => peer.run(prompt, place)),
  ];
  const times = works.map((): number[] => []);
  const orders = allOrders([...works.keys()]);
  const before = quick ? 0 : earlierRounds;
  for (let round = 0; round < before + (quick ? 1 : rounds); round++) {
    for (const which of orders[round % orders.length] ?? []) {
      const start = performance.now();
      await works[which]?.();
      times[which]?.push(performance.now() - start);
    }
  }
  const [ours = [], ...others] = times;
  return peers.map((peer, place) => compare(peer, before, ours, others[place] ?? []));
}

function allOrders(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) =>
    allOrders(items.filter((item) => item !== first)).map((others) => [first, ...others]),
  );
}

/** `before`: how many of the rounds don't count. */
function compare(
  peer: BarePeer,
  before: number,
  allOurs: readonly number[],
  allBare: readonly number[],
): BenchmarkRow {
  const [ours, bare] = [allOurs.slice(before), allBare.slice(before)];
  const early = allOurs.slice(1, before).map((time, round) => time - (allBare[round + 1] ?? Number.NaN));
  const differences = ours.map((time, round) => time - (bare[round] ?? Number.NaN));
  const figure = median(differences);
  const { low, high } = medianInterval(differences);
  return {
    name: `manager beside ${peer.name}`,
    figure,
    unit: 'ms more',
    limit: { name: `whole run with ${peer.name}`, figure: median(bare) },
    ratio: median(ours.map((time, round) => time / (bare[round] ?? Number.NaN))),
    goals: peer.goal === undefined ? [] : [below(figure, peer.goal, 'ms')],
    details: {
      rounds: differences.length,
      '95 % interval': `${low.toFixed(1)} to ${high.toFixed(1)} ms`,
      'whole run': `${median(ours).toFixed(0)} ms`,
      ...(early.length === 0 ? {} : { 'in the rounds before': `${median(early).toFixed(1)} ms more` }),
    },
  };
}

async function runManaged(manager: SessionManager, provider: string, place: AgentPlace): Promise<void> {
  const { status } = await manager.runOnce(prompt, {
    provider,
    cwd: place.cwd,
    environment: { set: place.environment },
    authorize: () => ({ decision: 'allow' }),
  });
  if (status !== 'completed') throw new Error(`The managed run ended as ${status}.`);
}
