import type { ModelScript } from '../../src/testing/index.ts';

/** What agents are asked in the rendering examples, and what the scripted model does about it. */
export const toolPrompt = 'Run `echo hello from the tool` with your shell tool, then say what it printed.';

export const toolScript: ModelScript = [
  {
    text: 'I run the command.',
    tools: [{ name: 'Bash', input: { command: 'echo hello from the tool', description: 'Say hello' } }],
  },
  { text: 'The command printed: hello from the tool. Grüße aus dem Skript ✓', chunks: 6 },
];
