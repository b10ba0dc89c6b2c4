/**
 * The program that offers a run's client tools to an agent, as a server of the Model Context Protocol on
 * standard input and output. Each call is passed to the session manager. Ends with its standard input.
 */
import type { JsonObject } from '../domain/json.ts';
import { addressFromProcess, askBridge } from './bridge-client.ts';
import { maximumLine } from './bridge-message.ts';
import { createLineSplitter } from './line-splitter.ts';
import { createToolProtocol } from './tool-protocol.ts';

const address = addressFromProcess();
const protocol = createToolProtocol({
  tools: () => askBridge(address, { type: 'tools' }),
  call: (name, input, signal) => askBridge(address, { type: 'call', name, input }, { signal }),
});

function read(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function write(answer: JsonObject | undefined): void {
  if (answer !== undefined) process.stdout.write(`${JSON.stringify(answer)}\n`);
}

process.stdout.on('error', () => process.exit(0));
const lines = createLineSplitter(maximumLine);
for await (const chunk of process.stdin) {
  const bytes: unknown = chunk;
  if (!(bytes instanceof Uint8Array)) continue;
  for (const line of lines.split(bytes)) {
    if (line.trim() !== '') void protocol.take(read(line)).then(write);
  }
}
protocol.end();
