import { hash, randomUUID } from 'node:crypto';
import { callMeaning, orderedJson } from '../domain/call-meaning.ts';
import type { JsonValue } from '../domain/json.ts';
import type { LoopCall } from '../domain/loop-report.ts';
import type { ToolCall } from '../domain/tool.ts';

/** A call that has begun, without its input. */
export interface BegunCall extends LoopCall {
  /** Equal for calls of one tool whose inputs mean the same. */
  readonly input: string;
}

/** A call that has ended, as far as repetition cares. */
export interface CallStep extends BegunCall {
  readonly failed: boolean;
  /** True: another call of the tool would be the same step if it failed in the same way, whatever its input. */
  readonly anyInput: boolean;
  /** Equal for steps that are the same. */
  readonly key: string;
}

/** What came of a call. */
export interface CallOutcome {
  readonly failed: boolean;
  readonly output: JsonValue;
  readonly exitCode?: number | undefined;
}

/** Names and ids are kept no longer than this; agents make them. */
const longestName = 200;

export function begunCall(call: Pick<ToolCall, 'id' | 'name' | 'tool' | 'input' | 'remarks'>): BegunCall {
  return {
    toolCallId: callId(call.id),
    name: call.name.slice(0, longestName),
    tool: call.tool.slice(0, longestName),
    input: code(call.tool, () => callMeaning(call)),
  };
}

/** The id under which a call is kept. */
export function callId(id: string): string {
  return id.slice(0, longestName);
}

export function callStep(call: BegunCall, { failed, output, exitCode }: CallOutcome): CallStep {
  const anyInput = failed && !isMute(output, exitCode);
  const key = anyInput
    ? code(`failed ${call.tool}`, () => output)
    : code(`${failed} ${call.input} ${exitCode ?? ''}`, () => orderedJson(output));
  return { ...call, failed, anyInput, key };
}

/** A command that fails without a word, such as a search that finds nothing: of its text nothing can be said. */
function isMute(output: JsonValue, exitCode: number | undefined): boolean {
  return (
    exitCode !== undefined &&
    typeof output === 'string' &&
    /^\s*(exit code \d+)?\s*$/i.test(output.slice(0, 100)) &&
    output.length < 100
  );
}

function code(what: string, read: () => JsonValue): string {
  try {
    const content = read();
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    return hash('sha256', `${what}\n${text}`, 'base64');
  } catch {
    // Nested so deep, or so long, that it can't be read: then it is the same as nothing else.
    return randomUUID();
  }
}
