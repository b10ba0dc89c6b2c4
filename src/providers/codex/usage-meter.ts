import type { JsonValue } from '../../domain/json.ts';
import {
  addUsage,
  noUsage,
  subtractUsage,
  tokenUsage,
  totalTokens,
  type TokenUsage,
} from '../../domain/usage.ts';
import { fieldOf, numberField } from './native-fields.ts';

/** Counts what one run uses of each of its conversations. */
export class UsageMeter {
  /** What each conversation had used before this run, and what it has used by now. */
  readonly #threads = new Map<string, { readonly before: TokenUsage; readonly now: TokenUsage }>();

  /**
   * Takes the figures of a conversation: `total` counts all of it, `last` its newest answer. Gives what
   * that answer used; `undefined` when nothing new was used.
   */
  take(thread: string, figures: JsonValue | undefined): TokenUsage | undefined {
    const now = codexUsage(fieldOf(figures, 'total'));
    const last = codexUsage(fieldOf(figures, 'last'));
    const known = this.#threads.get(thread);
    if (known !== undefined && totalTokens(now) === totalTokens(known.now)) return undefined;
    // What was used before the first answer of this run is no part of it.
    this.#threads.set(thread, { before: known?.before ?? subtractUsage(now, last), now });
    return last;
  }

  /** This run's share so far. */
  usage(): TokenUsage {
    let sum = noUsage;
    for (const { before, now } of this.#threads.values()) sum = addUsage(sum, subtractUsage(now, before));
    return sum;
  }
}

/** Codex counts cached tokens inside its input, and reasoning inside its output; ours are apart. */
function codexUsage(counted: JsonValue | undefined): TokenUsage {
  const count = (name: string): number => numberField(counted, name) ?? 0;
  const [read, written] = [count('cachedInputTokens'), count('cacheWriteInputTokens')];
  const reasoning = count('reasoningOutputTokens');
  return tokenUsage({
    inputTokens: count('inputTokens') - read - written,
    cacheReadTokens: read,
    cacheWriteTokens: written,
    outputTokens: count('outputTokens') - reasoning,
    reasoningTokens: reasoning,
  });
}
