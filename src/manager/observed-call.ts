import type { EventData } from '../domain/event-data.ts';
import { listField, objectField, textField } from '../domain/json-field.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ToolCall } from '../domain/tool.ts';

/** Fields of inputs that hold paths in the agents that we know of. */
const pathFields = [
  'path',
  'file_path',
  'filePath',
  'notebook_path',
  'abs_path',
  'old_path',
  'new_path',
] as const;

/**
 * The call that an event tells of, with its command and its paths under the same names for all agents, as `authorize`
 * gets them: as far as they can be read from its input.
 */
export function toolCallFromEvent(data: EventData['tool_call_started']): ToolCall {
  const { toolCallId, name, tool, kind, input, lineage } = data;
  return callWithInput(
    { id: toolCallId, name, tool, kind, ...(lineage === undefined ? {} : { lineage }) },
    input,
  );
}

/**
 * The call with an input, and what rules look at read from that. A command or path that isn't where it is expected is
 * left out, and a rule takes it for one that can't be known.
 */
export function callWithInput(
  { id, name, tool, kind, lineage }: Pick<ToolCall, 'id' | 'name' | 'tool' | 'kind' | 'lineage'>,
  input: JsonObject,
): ToolCall {
  const command = kind === 'execute' ? commandOf(input) : undefined;
  const paths = [...pathFields.flatMap((field) => textField(input, field) ?? []), ...patchPaths(input)];
  return {
    ...{ id, name, tool, kind, input },
    ...(command === undefined ? {} : { command }),
    ...(paths.length === 0 ? {} : { paths }),
    ...(lineage === undefined ? {} : { lineage }),
  };
}

/** The files of a patch, and where it moves them; none where not all are known. */
function patchPaths(input: JsonObject): readonly string[] {
  const changes = listField(input, 'changes');
  if (changes.some((change) => textField(change, 'path') === undefined)) return [];
  return changes
    .flatMap((change) => [textField(change, 'path'), textField(objectField(change, 'kind'), 'move_path')])
    .filter((path) => path !== undefined);
}

function commandOf(input: JsonObject): string | undefined {
  const program = textField(input, 'program');
  if (program === undefined) return textField(input, 'command') ?? textField(input, 'cmd');
  const words = [
    program,
    ...listField(input, 'arguments').map((word) => (typeof word === 'string' ? word : JSON.stringify(word))),
  ];
  return words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
}
