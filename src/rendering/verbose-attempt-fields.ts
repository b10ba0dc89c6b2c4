import type { Event } from '../domain/event.ts';
import { errorFields, eventLine, numberValue, textValue, type VerboseEvent } from './verbose-line.ts';

/** What the verbose renderer says about the agent and its attempts. */
export function attemptFields(
  event: Event<
    'agent_started' | 'attempt_routed' | 'conversation_replayed' | 'attempt_failed' | 'agent_retrying'
  >,
): VerboseEvent {
  switch (event.type) {
    case 'agent_started':
      return eventLine(
        event,
        'blue',
        ['provider', textValue(event.provider)],
        ['model', textValue(event.data.model)],
        ['version', textValue(event.data.version)],
        ['attempt', numberValue(event.attempt)],
        ['continuity', textValue(event.data.continuity)],
        ['handle', textValue(event.data.handle)],
        ['pid', numberValue(event.data.process?.pid)],
        ['tools', numberValue(event.data.tools?.length)],
        [
          'mcp_servers',
          textValue(event.data.mcpServers?.map((server) => `${server.name}:${server.status}`).join(',')),
        ],
      );
    case 'attempt_routed':
      return eventLine(
        event,
        'blue',
        ['provider', textValue(event.data.provider)],
        ['routed_provider', textValue(event.data.routedProvider)],
        ['routing_attempt', numberValue(event.data.routingAttempt)],
        ['routing_candidates', textValue(event.data.routingCandidates.join(','))],
        ['failover_from', textValue(event.data.failoverFrom)],
        ['failover_reason', textValue(event.data.failoverReason)],
      );
    case 'conversation_replayed':
      return eventLine(
        event,
        'blue',
        ['messages', numberValue(event.data.messages)],
        ['omitted', numberValue(event.data.omitted)],
        ['characters', numberValue(event.data.characters)],
      );
    case 'attempt_failed':
      return eventLine(
        event,
        'red',
        ['attempt', numberValue(event.attempt)],
        ...errorFields(event.data.error),
        ['next', textValue(event.data.next)],
        ['delay_ms', numberValue(event.data.delay)],
      );
    case 'agent_retrying':
      return eventLine(
        event,
        'magenta',
        ['attempt', numberValue(event.data.attempt)],
        ['of', numberValue(event.data.maximumAttempts)],
        ['delay_ms', numberValue(event.data.delay)],
        ['status', numberValue(event.data.status)],
        ['reason', textValue(event.data.reason)],
      );
  }
}
