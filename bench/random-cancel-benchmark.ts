import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExampleAgent } from '../examples/support/example-agent.ts';
import { createSessionManager, type Run, type SessionManager } from '../src/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import {
  responseToolResults,
  startModelServer,
  toolResults,
  type ModelScript,
} from '../src/testing/index.ts';
import type { Benchmark, BenchmarkRow } from './benchmark.ts';
import { agentsUnderTest } from './support/agent-under-test.ts';
import { below } from './support/goal.ts';
import { createSeededRandom } from '../src/testing/store-contract/seeded-random.ts';
import { scratchFolder } from './support/scratch-folder.ts';

/** Runs at once: more would only wait for each other on two cores. */
const atOnce = 3;

/** Milliseconds within which a run is cancelled: from before its agent starts to after its end. */
const latestCancel = 1_500;

/**
 * A hundred runs of each agent, half of them in the agent's own sandbox where it has one, cancelled at random moments:
 * no process may be left behind. No peer: what is measured is whether we keep our word.
 */
export const randomCancelBenchmark: Benchmark = {
  name: 'random-cancel',
  goal: 'no process left behind after 100 runs of each agent, cancelled at random moments',
  async run({ quick }) {
    const rows: BenchmarkRow[] = [];
    for (const agent of agentsUnderTest) rows.push(await cancelAtRandom(agent, quick ? 3 : 100));
    return rows;
  },
};

async function cancelAtRandom(agent: ExampleAgent, count: number): Promise<BenchmarkRow> {
  using folder = scratchFolder();
  const cwd = join(folder.path, 'project');
  mkdirSync(cwd);
  await using model = await startModelServer(scriptOf(agent));
  await using manager = await createSessionManager({
    store: sqliteStore(join(folder.path, 'sessions.db')),
    providers: [agent.provider()],
  });
  const environment = { set: agent.environment(model, folder.path) };
  const random = createSeededRandom(7);
  const ended: Run[] = [];
  const waits = Array.from({ length: count }, () => random.below(latestCancel));
  const work = async (): Promise<void> => {
    for (let wait = waits.pop(); wait !== undefined; wait = waits.pop()) {
      ended.push(await cancelledRun(manager, { cwd, environment }, wait));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const cookies = ended.flatMap((run) => run.cookie ?? []);
  // Whatever lost its cookie has the folder as its home, or something in it as its program.
  const left = livingWith([...cookies, folder.path]);
  const failures = ended.flatMap(({ error }) =>
    error === undefined ? [] : [`${error.code}: ${error.message}`],
  );
  const of = (status: Run['status']): number => ended.filter((run) => run.status === status).length;
  return {
    name: `${agent.name}, ${count} runs`,
    figure: left,
    unit: 'processes left',
    goals: [below(left, 1, 'process')],
    details: {
      cancelled: of('cancelled'),
      completed: of('completed'),
      failed: of('failed'),
      ...(failures.length === 0 ? {} : { failures: failures.join('; ') }),
    },
  };
}

/** A tool that takes a while, then a text that takes a while. */
function scriptOf(agent: ExampleAgent): ModelScript {
  const tool = agent.call({ tool: 'bash', command: 'echo begun; sleep 1; echo ended' });
  return (request) =>
    [...toolResults(request), ...responseToolResults(request)].length === 0
      ? { tools: [tool] }
      : { text: 'It took its time. '.repeat(20), chunks: 20, chunkDelay: 20 };
}

async function cancelledRun(
  manager: SessionManager,
  place: {
    readonly cwd: string;
    readonly environment: { readonly set: { readonly [name: string]: string } };
  },
  wait: number,
): Promise<Run> {
  const session = await manager.createSession();
  await using run = await session.run('Take your time.', {
    ...place,
    // With and without a sandbox of the agent's own.
    permissionMode: wait % 2 === 0 ? 'dangerously_skip_permissions' : 'full_auto',
  });
  await new Promise((resolve) => setTimeout(resolve, wait));
  await run.cancel('The benchmark has seen enough.');
  return await run.read();
}

/** How many processes have one of the texts in their environment or their command line. */
function livingWith(texts: readonly string[]): number {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const process = ['environ', 'cmdline'].map((file) => readFileSync(`/proc/${name}/${file}`, 'latin1'));
      return texts.some((text) => process.join('\0').includes(text));
    } catch {
      // Gone meanwhile.
      return false;
    }
  }).length;
}
