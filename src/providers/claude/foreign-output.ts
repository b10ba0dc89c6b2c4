import type { ProviderEvent } from '../../ports/provider.ts';
import { unparsed } from './unparsed.ts';

/** Lines of a run that are passed on; the others are counted. */
const maximumLines = 256;

/** Keeps what the program wrote beside its protocol, up to a bound. */
export interface ForeignOutput {
  add(line: string): void;
  /** The lines that came since the last call. */
  take(): readonly ProviderEvent[];
  /** The last of them, and how many there were beyond the bound. */
  end(): readonly ProviderEvent[];
}

/** Makes an empty one. */
export function createForeignOutput(): ForeignOutput {
  const waiting: ProviderEvent[] = [];
  let count = 0;
  const take = (): readonly ProviderEvent[] => waiting.splice(0);
  return {
    add(line) {
      count += 1;
      if (count <= maximumLines) waiting.push(unparsed(line));
    },
    take,
    end() {
      if (count <= maximumLines) return take();
      const message = `Claude Code wrote ${count} lines that are no JSON; only the first ${maximumLines} are kept.`;
      return [...take(), { type: 'warning_raised', data: { code: 'output_dropped', message } }];
    },
  };
}
