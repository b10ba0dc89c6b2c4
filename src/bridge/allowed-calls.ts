import { isDeepStrictEqual } from 'node:util';
import type { ClientToolResult } from '../domain/client-tool.ts';
import type { JsonObject } from '../domain/json.ts';

/**
 * Keeps which calls of client tools were allowed. The agent's server of client tools asks for a call after
 * the agent asked for permission; but so could any program that the agent started and that found the bridge.
 */
export interface AllowedCalls {
  /** One call of the tool with this input may be made; `changedInput` is what it is made with then. */
  allow(tool: string, input: JsonObject, changedInput?: JsonObject): void;
  /** What such a call is to be made with, which is then used up; `undefined` where none was allowed. */
  spend(tool: string, input: JsonObject): JsonObject | undefined;
}

interface AllowedCall {
  readonly tool: string;
  readonly input: JsonObject;
  readonly made: JsonObject;
}

/** Makes an empty list. */
export function createAllowedCalls(): AllowedCalls {
  const left: AllowedCall[] = [];
  return {
    allow(tool, input, changedInput = input) {
      left.push({ tool, input, made: changedInput });
    },
    spend(tool, input) {
      const place = left.findIndex((call) => call.tool === tool && isDeepStrictEqual(call.input, input));
      return place === -1 ? undefined : left.splice(place, 1)[0]?.made;
    },
  };
}

/** What the agent is told of a call that was not allowed, or with another input. */
export function notAllowed(tool: string): ClientToolResult {
  return { text: `This call of ${tool} was not allowed.`, failed: true };
}
