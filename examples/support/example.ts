import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AgentEnvironment, Provider, ToolRules } from '../../src/index.ts';
import { claude } from '../../src/providers/claude/index.ts';
import {
  claudeEnvironment,
  startModelServer,
  type ModelScript,
  type ModelServer,
} from '../../src/testing/index.ts';

/** What every example gets: an agent, a folder for it, and how it reaches its model. */
export interface Example extends AsyncDisposable {
  readonly provider: Provider;
  readonly providerName: string;
  /** An empty folder, removed at the end. */
  readonly folder: string;
  /** Options for each run: the folder, and offline the address of the scripted model. */
  readonly runOptions: { readonly cwd: string; readonly environment?: AgentEnvironment };
  /** The scripted model server; absent with a real account. */
  readonly model?: ModelServer;
  /** Arguments of the example's own. */
  readonly flags: ReadonlySet<string>;
}

/** Allows the harmless commands that the examples' agents run. */
export const exampleRules: ToolRules = {
  allow: [{ tool: 'bash', program: 'echo' }, { tool: 'bash', program: 'ls' }, { tool: 'read' }],
};

/**
 * Sets an example up from its command line: `--provider claude`, and `--offline` for the scripted
 * model, which says `script`. The agent program is the real one either way.
 */
export async function setUpExample(title: string, script: ModelScript): Promise<Example> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    strict: false,
    options: {
      provider: { type: 'string', default: 'claude' },
      offline: { type: 'boolean', default: false },
    },
  });
  if (values.provider !== 'claude') {
    console.error(`This example runs with --provider claude, not ${String(values.provider)}.`);
    process.exit(2);
  }
  const scratch = await mkdtemp(join(tmpdir(), 'asm-example-'));
  const folder = join(scratch, 'work');
  await mkdir(folder);
  const provider: Provider = claude();
  console.log(
    `# ${title} (${provider.name}, ${values.offline === true ? 'scripted model' : 'your own sign-in'})`,
  );
  const model = values.offline === true ? await startModelServer(script) : undefined;
  const environment = model === undefined ? undefined : { set: claudeEnvironment(model, { home: scratch }) };
  return {
    provider,
    providerName: provider.name,
    folder,
    runOptions: { cwd: folder, ...(environment === undefined ? {} : { environment }) },
    ...(model === undefined ? {} : { model }),
    flags: new Set(positionals),
    [Symbol.asyncDispose]: async () => {
      await model?.[Symbol.asyncDispose]();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
