import type { Cost } from '../domain/cost.ts';
import type { EventData, RequestedRun } from '../domain/event-data.ts';
import { cacheWrites, type TokenUsage } from '../domain/usage.ts';
import { oneLine } from './visible-text.ts';

/** All tokens that went in, from the cache or not, and all that came out, reasoning included. */
export function tokenTotals(usage: TokenUsage): { readonly input: number; readonly output: number } {
  return {
    input: usage.inputTokens + usage.cacheReadTokens + cacheWrites(usage),
    output: usage.outputTokens + usage.reasoningTokens,
  };
}

/** `$0.0123`; `unpriced` when nobody knows; `undefined` without a cost. */
export function formatCost(cost: Cost | undefined, digits: number): string | undefined {
  if (cost === undefined) return undefined;
  if (cost.source === 'unpriced') return 'unpriced';
  const dollars = Number(cost.usd);
  return Number.isFinite(dollars) ? `$${dollars.toFixed(digits)}` : undefined;
}

/** `daily: $4.02 of $5 spent`, with whose it is. */
export function budgetText({ budget, key, unit, spent, limit }: EventData['budget_warning_raised']): string {
  const whose = key === undefined ? budget : `${budget} (${key})`;
  return unit === 'usd'
    ? `${whose}: $${spent} of $${limit} spent`
    : `${whose}: ${spent} of ${limit} tokens used`;
}

/** `999 chars`, `1.5k chars`, `15k chars`. */
export function formatSize(characters: number): string {
  if (characters < 1_000) return `${characters} chars`;
  if (characters < 9_950) return `${(characters / 1_000).toFixed(1)}k chars`;
  return `${Math.round(characters / 1_000)}k chars`;
}

/** `3.2s`, `4m 05s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, '0')}s`;
}

/** Digits in groups of three, the same in every locale. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A path of more than 60 characters keeps its first segment and its last two. */
export function shortPath(path: string): string {
  const line = oneLine(path, 1_000);
  if (line.length <= 60) return line;
  const segments = line.split('/').filter((segment) => segment !== '');
  if (segments.length < 4) return oneLine(line, 60);
  const root = line.startsWith('/') ? '/' : '';
  return oneLine(`${root}${segments[0] ?? ''}/.../${segments.slice(-2).join('/')}`, 120);
}

/** `claude-sonnet-4-5-20250929` is `sonnet-4-5`. */
export function shortModel(model: string): string {
  const name = model
    .replace(/^claude-/, '')
    .replace(/^anthropic\./, '')
    .replace(/^claude-/, '');
  return oneLine(name.split('-').slice(0, 3).join('-'), 60);
}

/** What a run is called: by its model if it names one, else by its provider. */
export function runName({ model, provider }: Pick<RequestedRun, 'model' | 'provider'>): string {
  return model === undefined ? oneLine(provider, 60) : shortModel(model);
}

/** The reason why an agent stopped, short: `end_turn` is `end`, `tool_use` is `tool`. */
export function shortReason(reason: string): string {
  if (reason === 'tool_use') return 'tool';
  if (reason === 'end_turn') return 'end';
  return oneLine(reason, 40).toLowerCase();
}
