import type { Cost } from '../domain/cost.ts';
import type { Event } from '../domain/event.ts';
import type { TokenUsage } from '../domain/usage.ts';
import { formatCost, tokenTotals } from './figure-format.ts';
import { eventLine, numberValue, textValue, type VerboseEvent, type VerboseField } from './verbose-line.ts';

/** What the verbose renderer says about turns, tokens and limits. */
export function usageFields(
  event: Event<'turn_completed' | 'token_usage_updated' | 'rate_limit_updated' | 'context_compacted'>,
): VerboseEvent {
  switch (event.type) {
    case 'turn_completed':
      return eventLine(
        event,
        'dim',
        ['stop_reason', textValue(event.data.stopReason)],
        ['model', textValue(event.data.model)],
        ['tokens', event.data.usage === undefined ? undefined : tokenPair(event.data.usage)],
      );
    case 'token_usage_updated':
      return { tag: 'token_usage', color: 'dim', fields: tokenFields(event.data.usage, event.data.cost) };
    case 'rate_limit_updated':
      return eventLine(
        event,
        'magenta',
        ['status', textValue(event.data.status)],
        ['kind', textValue(event.data.kind)],
        ['utilization', numberValue(event.data.utilization)],
        ['resets_at', numberValue(event.data.resetsAt)],
      );
    case 'context_compacted':
      return eventLine(
        event,
        'blue',
        ['trigger', textValue(event.data.trigger)],
        ['tokens_before', numberValue(event.data.tokensBefore)],
        ['tokens_after', numberValue(event.data.tokensAfter)],
      );
  }
}

function tokenFields(usage: TokenUsage, cost: Cost | undefined): readonly VerboseField[] {
  const { input, output } = tokenTotals(usage);
  return [
    ['input', numberValue(input)],
    ['output', numberValue(output)],
    ['cache_read', usage.cacheReadTokens === 0 ? undefined : numberValue(usage.cacheReadTokens)],
    ['cost', formatCost(cost, 6)],
  ];
}

function tokenPair(usage: TokenUsage): string {
  const { input, output } = tokenTotals(usage);
  return `${input}/${output}`;
}
