import type { Provider } from '../../src/index.ts';
import { claude } from '../../src/providers/claude/index.ts';
import { claudeEnvironment, type ModelServer, type ModelToolUse } from '../../src/testing/index.ts';

/** What a script has the agent do, the same for every agent. */
export type ExampleTool =
  | { readonly tool: 'bash'; readonly command: string }
  | { readonly tool: 'write'; readonly path: string; readonly content: string };

/** A real agent program that examples run with. */
export interface ExampleAgent {
  readonly name: string;
  provider(): Provider;
  /** Its environment when the scripted model answers; `home` is a folder of its own. */
  environment(model: ModelServer, home: string): { readonly [name: string]: string };
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
];
