import type { Provider } from '../../src/index.ts';
import { amp } from '../../src/providers/amp/index.ts';
import { claude } from '../../src/providers/claude/index.ts';
import { codex } from '../../src/providers/codex/index.ts';
import {
  ampEnvironment,
  claudeEnvironment,
  codexEnvironment,
  type ModelServer,
  type ModelToolUse,
} from '../../src/testing/index.ts';

/** What a script has the agent do, the same for every agent. */
export type ExampleTool =
  | { readonly tool: 'bash'; readonly command: string }
  | { readonly tool: 'write'; readonly path: string; readonly content: string };

/** A real agent program that examples run with. */
export interface ExampleAgent {
  readonly name: string;
  provider(): Provider;
  /** Its environment when the scripted model answers; `home` is a folder of its own. */
  environment(model: Pick<ModelServer, 'url'>, home: string): { readonly [name: string]: string };
  /** A call of its own tool, as its model makes it. */
  call(tool: ExampleTool): ModelToolUse;
}

/** Every agent that examples can run with, by the name that `--provider` takes. */
export const exampleAgents: readonly ExampleAgent[] = [
  {
    name: 'claude',
    provider: () => claude(),
    environment: (model, home) => claudeEnvironment(model, { home }),
    call: (tool) =>
      tool.tool === 'bash'
        ? { name: 'Bash', input: { command: tool.command, description: 'A command' } }
        : { name: 'Write', input: { file_path: tool.path, content: tool.content } },
  },
  {
    name: 'codex',
    provider: () => codex(),
    environment: (model, home) => codexEnvironment(model, { home }),
    call: (tool) =>
      tool.tool === 'bash'
        ? { name: 'exec_command', input: { cmd: tool.command } }
        : { name: 'apply_patch', input: {}, text: addedFile(tool.path, tool.content) },
  },
  {
    name: 'amp',
    provider: () => amp(),
    environment: (model, home) => ampEnvironment(model, { home }),
    call: (tool) =>
      tool.tool === 'bash'
        ? { name: 'Bash', input: { cmd: tool.command } }
        : { name: 'create_file', input: { path: tool.path, content: tool.content } },
  },
];

/** A patch that makes a file, as Codex's model writes it. */
function addedFile(path: string, content: string): string {
  const lines = content.replace(/\n$/, '').split('\n');
  const added = lines.map((line) => `+${line}`);
  return ['*** Begin Patch', `*** Add File: ${path}`, ...added, '*** End Patch'].join('\n');
}
