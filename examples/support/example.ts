import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AgentEnvironment, Provider, ToolRules } from '../../src/index.ts';
import { startModelServer, type ModelServer } from '../../src/testing/index.ts';
import { exampleAgents, type ExampleAgent } from './example-agent.ts';
import { scriptFor, type ExampleTurn } from './example-script.ts';

/** What every example gets: an agent, a folder for it, and how it reaches its model. */
export interface Example extends AsyncDisposable {
  readonly agent: ExampleAgent;
  readonly provider: Provider;
  readonly providerName: string;
  /** An empty folder, removed at the end. */
  readonly folder: string;
  /** Options for each run: the folder, and offline the address of the scripted model. */
  readonly runOptions: { readonly cwd: string; readonly environment?: AgentEnvironment };
  /** The scripted model server; absent with a real account. */
  readonly model?: ModelServer;
  /** Has the scripted model say something else from now on; with a real account it does nothing. */
  say(turns: readonly ExampleTurn[]): void;
  /** Arguments of the example's own. */
  readonly flags: ReadonlySet<string>;
}

export interface ExampleOptions {
  /** Only these agents. Default: all. */
  readonly only?: readonly string[];
}

/** Allows the harmless commands that the examples' agents run. */
export const exampleRules: ToolRules = {
  allow: [{ tool: 'bash', program: 'echo' }, { tool: 'bash', program: 'ls' }, { tool: 'read' }],
};

/**
 * Sets an example up from its command line: `--provider claude`, and `--offline` for the scripted
 * model, which says `turns`. The agent program is the real one either way.
 */
export async function setUpExample(
  title: string,
  turns: readonly ExampleTurn[],
  { only }: ExampleOptions = {},
): Promise<Example> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    strict: false,
    options: { provider: { type: 'string' }, offline: { type: 'boolean', default: false } },
  });
  const agents = exampleAgents.filter(({ name }) => only?.includes(name) ?? true);
  const wanted = values.provider ?? agents[0]?.name;
  const agent = agents.find(({ name }) => name === wanted);
  if (agent === undefined) {
    const names = agents.map(({ name }) => name).join(', ');
    console.error(`This example runs with --provider ${names}, not ${String(wanted)}.`);
    process.exit(2);
  }
  const scratch = await mkdtemp(join(tmpdir(), 'asm-example-'));
  const folder = join(scratch, 'work');
  await mkdir(folder);
  const provider = agent.provider();
  const how = values.offline === true ? 'scripted model' : 'your own sign-in';
  console.log(`# ${title} (${provider.name}, ${how})`);
  const model = values.offline === true ? await startModelServer(scriptFor(agent, turns)) : undefined;
  const environment = model === undefined ? undefined : { set: agent.environment(model, scratch) };
  return {
    agent,
    provider,
    providerName: provider.name,
    folder,
    runOptions: { cwd: folder, ...(environment === undefined ? {} : { environment }) },
    ...(model === undefined ? {} : { model }),
    say: (next) => model?.setScript(scriptFor(agent, next)),
    flags: new Set(positionals),
    [Symbol.asyncDispose]: async () => {
      await provider[Symbol.asyncDispose]?.();
      await model?.[Symbol.asyncDispose]();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
