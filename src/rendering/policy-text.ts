import type { EventData } from '../domain/event-data.ts';
import { oneLine } from './visible-text.ts';

/** What was violated: the rule and the tool, or the limit and the figure. */
export function violationText({ policy, details }: EventData['policy_violated'], length: number): string {
  const { rule, tool, limit, most, actual } = details;
  const what =
    limit === undefined
      ? `${shown(tool)} against ${shown(rule)}`
      : `${shown(limit)} ${shown(actual)} of ${shown(most)}`;
  return oneLine(`${policy}: ${what}`, length);
}

function shown(value: EventData['policy_violated']['details'][string] | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}
