import { toolResults, type ModelScript } from '../../src/testing/index.ts';

/** The agents whose whole runs are measured; ACP's agent is Claude Code behind another program. */
export const measuredAgents = ['claude', 'codex', 'amp'] as const;
export type MeasuredAgent = (typeof measuredAgents)[number];

export const helloPrompt = 'Say hello with the shell.';

/** One tool call, about which the agent asks, then a text in many pieces; the same for every conversation. */
export function helloScript(agent: MeasuredAgent): ModelScript {
  const call = { claude: claudeCall, codex: codexCall, amp: ampCall }[agent];
  return (request) =>
    toolResults(request).length > 0 || JSON.stringify(request.body).includes('function_call_output')
      ? { text: 'It said hello, as it was told to do. '.repeat(20), chunks: 100 }
      : { tools: [call] };
}

const claudeCall = { name: 'Bash', input: { command: 'echo hello', description: 'Say hello' } };
const codexCall = { name: 'exec_command', input: { cmd: 'echo hello' } };
const ampCall = { name: 'Bash', input: { cmd: 'echo hello' } };
