/** A scripted model in a process of its own: `model-program.ts AGENT`, with a channel to who started it. */
import { startModelServer } from '../../src/testing/index.ts';
import { helloScript, measuredAgents } from './hello-script.ts';

const agent = measuredAgents.find((name) => name === process.argv[2]);
if (agent === undefined || process.send === undefined)
  throw new Error('Started without an agent or a channel.');
const server = await startModelServer(helloScript(agent));
// Whoever started it is gone when the channel closes.
process.once('disconnect', () => void server[Symbol.asyncDispose]());
process.send(server.url);
