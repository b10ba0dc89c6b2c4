import { writeFile } from 'node:fs/promises';
import { isSupported } from '../../domain/capability.ts';
import type { ClientToolDescription, ClientToolResult } from '../../domain/client-tool.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { Authorization, ToolCall } from '../../domain/tool.ts';
import { mcpServerProgram } from './mcp-server-program.ts';
import type { CaseRunOptions, ProviderRoom } from './provider-room.ts';
import type { AgentStep } from './provider-subject.ts';
import { recordRun, type RecordedRun } from './recorded-run.ts';

/**
 * The towns about which the model asks: the function tells the weather of the first, fails for the second, and is called
 * with another in the place of the third.
 */
export const foreignTowns = {
  told: 'Kiruna',
  failed: 'Atlantis',
  changed: 'Ravenna',
  denied: 'Lagos',
} as const;
export const otherTown = 'Esbjerg';
export const toldWeather = 'It snows in summer.';
export const failedWeather = 'The station is under water.';

/** A run in which an agent uses tools that aren't its own, as far as it takes them. */
export interface ForeignRun extends RecordedRun {
  /** The inputs with which the function of the caller was called. */
  readonly calls: readonly (readonly [name: string, input: JsonObject])[];
}

/** Runs a script with a call of an MCP server, and calls of a function of the caller of which one is denied. */
export async function recordForeignRun(room: ProviderRoom): Promise<ForeignRun> {
  const { capabilities } = room.subject;
  const calls: (readonly [string, JsonObject])[] = [];
  const callTool = (name: string, input: JsonObject): ClientToolResult => {
    calls.push([name, input]);
    return input['town'] === foreignTowns.failed
      ? { text: failedWeather, failed: true }
      : { text: toldWeather, failed: false };
  };
  const steps: AgentStep[] = [];
  let options: CaseRunOptions = {};
  if (isSupported(capabilities, 'mcp_servers')) {
    steps.push({ mcp: { server: 'lab', tool: 'add', input: { a: 20, b: 22 } } });
    options = { ...options, ...(await labServer(room)) };
  }
  if (isSupported(capabilities, 'client_tools')) {
    for (const town of Object.values(foreignTowns))
      steps.push({ client: { tool: 'weather', input: { town } } });
    options = { ...options, clientTools: [weather], callTool, authorize: decideByTown };
  }
  const run = await room.start([...steps, { say: 'That was all.' }], options);
  return { ...(await recordRun(room, run)), calls };
}

/** The events and questions of one tool call are found by what is in its input. */
export function hasInput(value: { readonly input: JsonValue }, text: string): boolean {
  return JSON.stringify(value.input).includes(text);
}

function decideByTown(call: ToolCall): Authorization {
  if (hasInput(call, foreignTowns.changed)) return { decision: 'allow', changedInput: { town: otherTown } };
  return hasInput(call, foreignTowns.denied)
    ? { decision: 'deny', reason: 'No weather of that town.' }
    : { decision: 'allow' };
}

async function labServer(room: ProviderRoom): Promise<CaseRunOptions> {
  const program = room.file('lab-server.mjs');
  await writeFile(program, mcpServerProgram);
  const lab = {
    type: 'stdio',
    command: process.execPath,
    arguments: [program],
    environment: { LAB_SECRET: 'geheim' },
  } as const;
  return { mcpServers: { lab } };
}

const weather: ClientToolDescription = {
  name: 'weather',
  description: 'Tells the weather of a town.',
  inputSchema: {
    type: 'object',
    properties: { town: { type: 'string' } },
    required: ['town'],
    additionalProperties: false,
  },
  readOnly: false,
};
