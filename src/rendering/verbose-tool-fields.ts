import type { Event } from '../domain/event.ts';
import type { ToolResultData } from '../domain/event-data.ts';
import {
  contentLength,
  eventLine,
  jsonValue,
  numberValue,
  textValue,
  type VerboseEvent,
  type VerboseField,
} from './verbose-line.ts';

/** What the verbose renderer says about tools, what they change, and subagents. */
export function toolFields(
  event: Event<
    | 'tool_call_started'
    | 'tool_call_decided'
    | 'tool_output_streamed'
    | 'tool_call_completed'
    | 'tool_call_failed'
    | 'subagent_started'
    | 'subagent_completed'
    | 'file_changed'
  >,
): VerboseEvent {
  switch (event.type) {
    case 'tool_call_started':
      return eventLine(
        event,
        'green',
        ['name', textValue(event.data.name)],
        ['id', textValue(event.data.toolCallId)],
        ['parent', textValue(event.data.lineage?.parentToolCallId)],
        ['input', jsonValue(event.data.input)],
      );
    case 'tool_call_decided':
      return eventLine(
        event,
        event.data.decision === 'allow' ? 'green' : 'red',
        ['id', textValue(event.data.toolCallId)],
        ['decision', event.data.decision],
        ['by', textValue(event.data.by)],
        ['approval', textValue(event.data.approvalId)],
        ['reason', textValue(event.data.reason)],
        ['changed_input', jsonValue(event.data.changedInput)],
      );
    case 'tool_output_streamed':
      return eventLine(
        event,
        'green',
        ['id', textValue(event.data.toolCallId)],
        ['stream', textValue(event.data.stream)],
        ['text', textValue(event.data.text, contentLength)],
      );
    case 'tool_call_completed':
      return eventLine(event, 'green', ...resultFields(event.data));
    case 'tool_call_failed':
      return eventLine(event, 'red', ['reason', textValue(event.data.reason)], ...resultFields(event.data));
    case 'subagent_started':
      return eventLine(
        event,
        'green',
        ['agent_id', textValue(event.data.agentId)],
        ['agent_type', textValue(event.data.agentType)],
        ['id', textValue(event.data.toolCallId)],
        ['background', event.data.background ? 'true' : undefined],
        ['description', textValue(event.data.description)],
      );
    case 'subagent_completed':
      return eventLine(
        event,
        'green',
        ['agent_id', textValue(event.data.agentId)],
        ['id', textValue(event.data.toolCallId)],
        ['status', textValue(event.data.status)],
        ['summary', textValue(event.data.summary, contentLength)],
      );
    case 'file_changed':
      return eventLine(
        event,
        'green',
        ['change', textValue(event.data.change)],
        ['path', textValue(event.data.path)],
        ['id', textValue(event.data.toolCallId)],
        ['diff_length', numberValue(event.data.diff?.length)],
      );
  }
}

function resultFields(data: ToolResultData): readonly VerboseField[] {
  return [
    ['name', textValue(data.name)],
    ['id', textValue(data.toolCallId)],
    ['exit_code', numberValue(data.exitCode)],
    ['full_length', numberValue(data.fullLength)],
    [
      'output',
      typeof data.output === 'string'
        ? textValue(data.output, contentLength)
        : data.output === null
          ? undefined
          : jsonValue(data.output, contentLength),
    ],
  ];
}
