import type { ProviderEvent } from '../../ports/provider.ts';
import type { JsonValue } from '../../domain/json.ts';
import { unparsed } from './unparsed.ts';

/** Strange lines of a run that are passed on; the others are counted. */
const maximumLines = 256;

/** Keeps what the program wrote beside its protocol, up to a bound. */
export interface ForeignOutput {
  /** What becomes of one more of it. */
  take(raw: JsonValue): readonly ProviderEvent[];
  /** Says how many there were beyond the bound, if there were. */
  end(): readonly ProviderEvent[];
}

/** Makes an empty one. */
export function createForeignOutput(): ForeignOutput {
  let count = 0;
  return {
    take: (raw) => (++count <= maximumLines ? [unparsed(raw)] : []),
    end() {
      if (count <= maximumLines) return [];
      const message = `Codex wrote ${count} lines that are none of its protocol; only the first ${maximumLines} are kept.`;
      return [{ type: 'warning_raised', data: { code: 'output_dropped', message } }];
    },
  };
}
