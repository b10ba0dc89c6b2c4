/**
 * The model behind an agent that is measured, as a program: one tool call, about which somebody is asked, then a
 * text in many pieces; the same for every conversation. Its argument is the agent's name. It ends with its parent.
 */
import { responseToolResults, startModelServer, toolResults } from '../../src/testing/index.ts';
import { agentUnderTest } from './agent-under-test.ts';

const call = agentUnderTest(process.argv[2] ?? '').call({ tool: 'bash', command: 'echo hello' });
const answer = { text: 'It said hello, as it was told to do. '.repeat(20), chunks: 100 };
const model = await startModelServer((request) =>
  [...toolResults(request), ...responseToolResults(request)].length === 0 ? { tools: [call] } : answer,
);
process.once('disconnect', () => void model[Symbol.asyncDispose]());
process.send?.({ url: model.url });
