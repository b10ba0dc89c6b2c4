import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AgentEnvironment, Provider } from '../../src/index.ts';
import { startModelServer, type ModelScript, type ModelServer } from '../../src/testing/index.ts';
import { exampleAgents, type ExampleAgent } from './example-agent.ts';
import { scriptFor, type ExampleTurn } from './example-script.ts';

/** One of several agents of an example. */
export interface OpenAgent {
  readonly agent: ExampleAgent;
  readonly provider: Provider;
  /** The scripted model behind it; absent with a real account. */
  readonly model?: ModelServer;
  say(turns: readonly ExampleTurn[]): void;
  /** Has its model answer with an error as often as it is asked. */
  fail(status: number): void;
}

/** Several agents that work in one folder. */
export interface OpenAgents extends AsyncDisposable {
  readonly agents: readonly OpenAgent[];
  /** The one of this name. Throws when there is none. */
  agent(name: string): OpenAgent;
  readonly offline: boolean;
  readonly folder: string;
  readonly runOptions: { readonly cwd: string; readonly environment?: AgentEnvironment };
}

/** Sets up agents by their names, each with a scripted model of its own with `--offline`. */
export async function openExampleAgents(title: string, names: readonly string[]): Promise<OpenAgents> {
  const { values } = parseArgs({
    allowPositionals: true,
    strict: false,
    options: { offline: { type: 'boolean', default: false } },
  });
  const offline = values.offline === true;
  console.log(`# ${title} (${names.join(', ')}; ${offline ? 'scripted models' : 'your own sign-ins'})`);
  const scratch = await mkdtemp(join(tmpdir(), 'asm-example-'));
  const folder = join(scratch, 'work');
  await mkdir(folder);
  const variables: Record<string, string> = {};
  const open = async (name: string): Promise<OpenAgent> => {
    const agent = exampleAgents.find((known) => known.name === name);
    if (agent === undefined) throw new Error(`There is no agent ${name} among those of the examples.`);
    const model = offline ? await startModelServer() : undefined;
    if (model !== undefined) Object.assign(variables, agent.environment(model, scratch));
    const script = (next: ModelScript): void => model?.setScript(next);
    return {
      agent,
      provider: agent.provider(),
      ...(model === undefined ? {} : { model }),
      say: (turns) => script(scriptFor(agent, turns)),
      fail: (status) => script(() => ({ error: { status } })),
    };
  };
  const agents: OpenAgent[] = [];
  for (const name of names) agents.push(await open(name));
  return {
    agents,
    agent: (name) => {
      const found = agents.find(({ agent }) => agent.name === name);
      if (found === undefined) throw new Error(`The example has no agent ${name}.`);
      return found;
    },
    offline,
    folder,
    runOptions: { cwd: folder, ...(offline ? { environment: { set: variables } } : {}) },
    [Symbol.asyncDispose]: async () => {
      for (const { provider, model } of agents) {
        await provider[Symbol.asyncDispose]?.();
        await model?.[Symbol.asyncDispose]();
      }
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
