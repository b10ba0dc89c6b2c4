import { AsmError } from '../domain/error.ts';
import { spanOf } from './time-span.ts';

/** Reads a time to come: a length from now, as `2h`, or a moment, as `2027-01-31T18:00`. Milliseconds since 1970. */
export function timeToCome(text: string, now: number = Date.now()): number {
  const span = spanOf(text);
  if (span !== undefined) return now + span;
  const moment = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (moment > now) return moment;
  throw new AsmError(
    'invalid_input',
    `--until is a length such as 30m, 2h or 7d, or a moment to come such as 2027-01-31T18:00, not "${text.slice(0, 100)}".`,
  );
}
