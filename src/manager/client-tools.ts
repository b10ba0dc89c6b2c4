import type { ZodType } from 'zod';
import { orAborted } from '../domain/abort.ts';
import type { ClientToolDescription, ClientToolResult } from '../domain/client-tool.ts';
import type { Clock } from '../domain/clock.ts';
import { abortError, AsmError } from '../domain/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../domain/json.ts';
import { assertOptionNames } from '../domain/option-names.ts';
import { cutText } from './event-encoder.ts';

/** Milliseconds that a client tool may take unless it says otherwise. */
export const defaultClientToolTimeout = 60_000;

/** Most characters of a result that are told to the agent. */
const maximumResult = 256 * 1024;

/** A function of the caller that the agent may call. It runs in the process that executes the run. */
export interface ClientTool extends Omit<ClientToolDescription, 'readOnly'> {
  /** True: it only looks, so that it may be used in the mode `plan`. Default false. */
  readonly readOnly?: boolean;
  /** Milliseconds that one call may take. Default 60,000. */
  readonly timeout?: number;
  /**
   * Does the work; `input` fits `inputSchema`. What it returns is told to the agent, as JSON text unless
   * it is a string. `signal` aborts when the time is over or the run ends. What it throws is told to the
   * agent as a failed call.
   */
  readonly run: (
    input: JsonObject,
    options: { readonly signal: AbortSignal },
  ) => JsonValue | Promise<JsonValue>;
}

const toolFields = [
  'name',
  'description',
  'inputSchema',
  'readOnly',
  'timeout',
  'run',
] as const satisfies readonly (keyof ClientTool)[];

/** The client tools of a run, checked. */
export interface ClientTools {
  readonly descriptions: readonly ClientToolDescription[];
  /** See `RunHost.callTool`. */
  call(name: string, input: JsonObject, options: { readonly signal: AbortSignal }): Promise<ClientToolResult>;
}

interface CheckedTool extends ClientTool {
  /** What is wrong with an input, `undefined` if nothing. */
  readonly complaint: (input: JsonObject) => string | undefined;
}

/** Checks the tools. Throws `unknown_option`, and `invalid_input` for names, schemas and times that are not right. */
export async function checkClientTools(tools: readonly ClientTool[], clock: Clock): Promise<ClientTools> {
  const checked = new Map<string, CheckedTool>();
  const given: unknown = tools;
  if (!Array.isArray(given)) throw invalid('`clientTools` of a run is a list of tools.');
  for (const tool of tools) {
    assertOptionNames('A client tool', tool, toolFields);
    if (!/^[A-Za-z0-9_-]{1,48}$/.test(tool.name)) {
      throw invalid(`A client tool's name is 1 to 48 letters, digits, "_" or "-", not "${tool.name}".`);
    }
    const { run, description }: { readonly run: unknown; readonly description: unknown } = tool;
    if (typeof run !== 'function')
      throw invalid(`The client tool "${tool.name}" needs a function \`run\` that does its work.`);
    if (typeof description !== 'string')
      throw invalid(
        `The client tool "${tool.name}" needs a description, by which the agent knows when to use it.`,
      );
    if (checked.has(tool.name)) throw invalid(`There are two client tools "${tool.name}".`);
    const timeout = tool.timeout ?? defaultClientToolTimeout;
    if (!Number.isFinite(timeout) || timeout <= 0) {
      throw invalid(`The timeout of the client tool "${tool.name}" is not a number above 0.`);
    }
    checked.set(tool.name, { ...tool, timeout, complaint: await inputCheck(tool) });
  }
  return {
    descriptions: [...checked.values()].map(({ name, description, inputSchema, readOnly }) => ({
      name,
      description,
      inputSchema,
      readOnly: readOnly ?? false,
    })),
    async call(name, input, { signal }) {
      const tool = checked.get(name);
      if (tool === undefined) return { text: `There is no tool ${name}.`, failed: true };
      const complaint = tool.complaint(input);
      if (complaint !== undefined) return { text: `The input does not fit: ${complaint}`, failed: true };
      return await perform(tool, input, signal, clock);
    },
  };
}

async function perform(
  tool: CheckedTool,
  input: JsonObject,
  signal: AbortSignal,
  clock: Clock,
): Promise<ClientToolResult> {
  if (signal.aborted) throw abortError(signal);
  const milliseconds = tool.timeout ?? defaultClientToolTimeout;
  const deadline = new AbortController();
  const stopTimer = clock.startTimer(milliseconds, () => deadline.abort());
  const stop = AbortSignal.any([signal, deadline.signal]);
  try {
    const work = (async () => await tool.run(input, { signal: stop }))();
    const value = await orAborted(work, stop);
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    return { text: cutText(text, maximumResult), failed: false };
  } catch (thrown) {
    if (signal.aborted) throw abortError(signal);
    if (deadline.signal.aborted)
      return { text: `${tool.name} took longer than ${milliseconds} ms.`, failed: true };
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { text: cutText(`${tool.name} failed: ${message}`, maximumResult), failed: true };
  } finally {
    stopTimer();
  }
}

/** Schemas are read by zod, which is loaded only for runs that have client tools. */
async function inputCheck(tool: ClientTool): Promise<CheckedTool['complaint']> {
  const { z } = await import('zod');
  let schema: ZodType;
  try {
    const given: unknown = tool.inputSchema;
    if (!isJsonObject(given) || given['type'] !== 'object') throw new Error('its type is not "object"');
    schema = z.fromJSONSchema({ ...tool.inputSchema });
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw invalid(`The inputSchema of the client tool "${tool.name}" can't be used: ${why}.`);
  }
  return (input) => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return undefined;
    return parsed.error.issues
      .slice(0, 5)
      .map(({ path, message }) => `${path.map(String).join('.') || 'the input'}: ${message}`)
      .join('; ');
  };
}

function invalid(message: string): AsmError {
  return new AsmError('invalid_input', message);
}
