import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { noUsage, subtractUsage, tokenUsage, totalTokens, type TokenUsage } from '../../domain/usage.ts';
import { fieldOf, numberField, objectField } from '../../domain/json-field.ts';

/** Counts what one run uses. */
export interface UsageMeter {
  /** Takes the figures in: those of the whole conversation, and those of the newest answer. Gives the answer's share, when there is one. */
  take(tokenUsage: JsonValue | undefined): TokenUsage | undefined;
  /** This run's share so far. */
  readonly usage: TokenUsage;
}

/**
 * Makes a meter. Codex counts over the whole conversation, also across resume and fork, and tells beside it
 * what the newest answer used. So what was used before the run is the first total without its answer, and a
 * run's share is the difference. Figures that are told twice count once.
 */
export function createUsageMeter(): UsageMeter {
  let before: TokenUsage | undefined;
  let total = noUsage;
  return {
    take(figures) {
      const told = readUsage(objectField(figures, 'total'));
      const last = readUsage(objectField(figures, 'last'));
      before ??= subtractUsage(told, last);
      const earlier = total === noUsage ? before : total;
      total = told;
      const grown = subtractUsage(told, earlier);
      return totalTokens(grown) > 0 && sameUsage(grown, last) ? last : undefined;
    },
    get usage() {
      return before === undefined ? noUsage : subtractUsage(total, before);
    },
  };
}

/** Codex counts cached tokens inside its input, and reasoning inside its output; ours are apart. */
function readUsage(counted: JsonObject): TokenUsage {
  const count = (name: string): number => numberField(counted, name) ?? 0;
  const cacheRead = count('cachedInputTokens');
  const cacheWrite = count('cacheWriteInputTokens');
  const reasoning = count('reasoningOutputTokens');
  return tokenUsage({
    inputTokens: count('inputTokens') - cacheRead - cacheWrite,
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    outputTokens: count('outputTokens') - reasoning,
    reasoningTokens: reasoning,
  });
}

function sameUsage(first: TokenUsage, second: TokenUsage): boolean {
  return totalTokens(subtractUsage(first, second)) === 0 && totalTokens(subtractUsage(second, first)) === 0;
}

/** True when a message has figures at all. */
export function hasFigures(params: JsonObject): boolean {
  return (
    numberField(fieldOf(fieldOf(params, 'tokenUsage'), 'total'), 'totalTokens') !== undefined &&
    fieldOf(fieldOf(params, 'tokenUsage'), 'last') !== undefined
  );
}
