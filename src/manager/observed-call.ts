import type { EventData } from '../domain/event-data.ts';
import { textField } from '../domain/json-field.ts';
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

/** The call that an event tells of, as far as it can be read from its input, for calls that nobody asked about. */
export function observedCall(data: EventData['tool_call_started']): ToolCall {
  const { toolCallId, name, tool, kind, input, lineage } = data;
  const command = kind === 'execute' ? (textField(input, 'command') ?? textField(input, 'cmd')) : undefined;
  const paths = pathFields.flatMap((field) => textField(input, field) ?? []);
  return {
    ...{ id: toolCallId, name, tool, kind, input },
    ...(command === undefined ? {} : { command }),
    ...(paths.length === 0 ? {} : { paths }),
    ...(lineage === undefined ? {} : { lineage }),
  };
}
