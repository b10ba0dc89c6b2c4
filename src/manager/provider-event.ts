import { isJsonObject } from '../domain/json.ts';
import { tokenClasses } from '../domain/usage.ts';
import type { ProviderEventType } from '../ports/provider.ts';

type FieldType = 'string' | 'number' | 'boolean' | 'object' | 'usage' | 'usages';
type Fields = Readonly<Record<string, FieldType>>;

const piece: Fields = { messageId: 'string', text: 'string' };
const toolResult: Fields = { toolCallId: 'string', name: 'string', tool: 'string' };

/** The events that a provider may yield, with the fields without which nothing can be done with them. */
const requiredFields: Readonly<Record<ProviderEventType, Fields>> = {
  agent_started: { continuity: 'string' },
  agent_retrying: { reason: 'string' },
  message_streamed: piece,
  message_received: { ...piece, role: 'string' },
  reasoning_streamed: piece,
  reasoning_received: piece,
  tool_call_started: {
    toolCallId: 'string',
    name: 'string',
    tool: 'string',
    kind: 'string',
    input: 'object',
  },
  tool_output_streamed: { toolCallId: 'string', stream: 'string', text: 'string' },
  tool_call_completed: toolResult,
  tool_call_failed: { ...toolResult, reason: 'string' },
  subagent_started: { agentId: 'string' },
  subagent_completed: { agentId: 'string', status: 'string' },
  plan_updated: { steps: 'object' },
  file_changed: { path: 'string', change: 'string' },
  turn_completed: {},
  token_usage_updated: { usage: 'usage' },
  rate_limit_updated: { status: 'string' },
  context_compacted: { trigger: 'string' },
  warning_raised: { code: 'string', message: 'string' },
  unparsed: {},
};

/** Fields that need not be there, but must not be anything else: they go into the run's row. */
const optionalFields: Fields = {
  model: 'string',
  handle: 'string',
  process: 'object',
  cost: 'object',
  byModel: 'usages',
};

type FieldList = readonly (readonly [name: string, type: FieldType])[];

/** The same as lists: each event is looked at with them. */
const requiredLists: ReadonlyMap<string, FieldList> = new Map(
  Object.entries(requiredFields).map(([type, fields]) => [type, Object.entries(fields)]),
);
const optionalList: FieldList = Object.entries(optionalFields);

/** Why what a provider yielded can't be taken in, for a person; `undefined` if it can. */
export function providerEventProblem(value: unknown): string | undefined {
  if (!isJsonObject(value) || typeof value['type'] !== 'string') return 'The provider gave what is no event.';
  const type = value['type'].slice(0, 80);
  const required = requiredLists.get(type);
  if (required === undefined) {
    return `The provider gave an event that only the library may write: ${type}.`;
  }
  const { data } = value;
  if (!isJsonObject(data)) return `The provider gave a ${type} without data.`;
  for (const [field, fieldType] of required) {
    if (!hasType(data[field], fieldType)) {
      return `The provider gave a ${type} whose ${field} is missing or of the wrong type.`;
    }
  }
  for (const [field, fieldType] of optionalList) {
    if (data[field] !== undefined && !hasType(data[field], fieldType)) {
      return `The provider gave a ${type} whose ${field} is of the wrong type.`;
    }
  }
  return undefined;
}

/** Why what a provider returned is no outcome; `undefined` if it is one. */
export function outcomeProblem(value: unknown): string | undefined {
  if (!isJsonObject(value)) return 'The provider ended without an outcome.';
  const { status, output, stopReason, handle, usage, cost } = value;
  if (status !== 'completed' && status !== 'interrupted' && status !== 'parked')
    return 'The provider ended with an unknown outcome.';
  const fits =
    (output === undefined || typeof output === 'string') &&
    (stopReason === undefined || typeof stopReason === 'string') &&
    (handle === undefined || (isJsonObject(handle) && typeof handle['id'] === 'string')) &&
    (usage === undefined || hasType(usage, 'usage')) &&
    (cost === undefined || isJsonObject(cost));
  return fits ? undefined : 'The provider ended with a malformed outcome.';
}

function hasType(value: unknown, type: FieldType): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null;
    case 'usage':
      return isJsonObject(value) && tokenClasses.every((name) => Number.isFinite(value[name]));
    case 'usages':
      return isJsonObject(value) && Object.values(value).every((usage) => hasType(usage, 'usage'));
    default:
      return typeof value === type;
  }
}
