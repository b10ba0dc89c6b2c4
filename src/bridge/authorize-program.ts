/**
 * The program that an agent starts where there is no Perl: asks the session manager whether a tool
 * call may go on. The input of the tool comes as JSON on standard input, the rest in the environment.
 * Ends with 0 for yes and with 2 for no, the reason on standard error. Whatever goes wrong is a no.
 */
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import { addressFromProcess, askBridge } from './bridge-client.ts';
import { maximumLine } from './bridge-message.ts';

const allowed = 0;
const refused = 2;

process.once('uncaughtException', (thrown: unknown) => refuse(thrown));

async function decide(): Promise<void> {
  const answer = await askBridge(addressFromProcess(), { type: 'authorize', payload: await readCall() });
  if (!isJsonObject(answer)) throw new Error('The answer makes no sense.');
  if (answer['decision'] !== 'allow')
    throw new Error(typeof answer['reason'] === 'string' ? answer['reason'] : 'It was not allowed.');
  process.exitCode = allowed;
}

async function readCall(): Promise<JsonObject> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const bytes: unknown = chunk;
    if (!(bytes instanceof Uint8Array)) continue;
    length += bytes.length;
    if (length > maximumLine) throw new Error('The input of the tool is too long.');
    chunks.push(bytes);
  }
  const input = Buffer.concat(chunks).toString('utf8');
  const { AGENT_TOOL_NAME: toolName, AGENT_TOOL_USE_ID: toolUseId, AMP_THREAD_ID: threadId } = process.env;
  return { toolName: toolName ?? null, toolUseId: toolUseId ?? null, threadId: threadId ?? null, input };
}

function refuse(thrown: unknown): void {
  process.exitCode = refused;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  process.stderr.write(`${reason}\n`, () => process.exit(refused));
}

// Until the answer is there, any end of this process must be a no.
process.exitCode = refused;
await decide().catch(refuse);
