import type { ExampleTurn } from './example-script.ts';

/** What agents are asked in the rendering examples, and what the scripted model does about it. */
export const toolPrompt = 'Run `echo hello from the tool` with your shell tool, then say what it printed.';

export const toolScript: readonly ExampleTurn[] = [
  {
    text: 'I run the command.',
    tools: [{ tool: 'bash', command: 'echo hello from the tool' }],
  },
  { text: 'The command printed: hello from the tool. Grüße aus dem Skript ✓', chunks: 6 },
];
