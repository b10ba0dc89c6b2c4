import { AsmError } from '../../domain/error.ts';
import { parseId } from '../../domain/id.ts';
import { isWholeNumber } from './invalid-input.ts';

/** The row at which a page of rows ended. */
export interface RowCursor {
  readonly createdAt: number;
  readonly id: string;
}

/** The opaque text with which a listing goes on after `row`. */
export function encodeRowCursor(row: RowCursor): string {
  return Buffer.from(`${row.createdAt} ${row.id}`).toString('base64url');
}

/** Reads what `encodeRowCursor` gave for a row of the same kind; anything else is `invalid_cursor`. */
export function decodeRowCursor(kind: 'session' | 'run' | 'approval', text: string): RowCursor {
  const [, time, id] = /^(\d{1,16}) (.+)$/.exec(decodeText(text)) ?? [];
  const createdAt = Number(time);
  if (id === undefined || parseId(kind, id) === undefined || !isWholeNumber(createdAt, 0))
    throw unknownCursor(text);
  return { createdAt, id };
}

/** The opaque text with which a feed goes on after `position`. */
export function encodeFeedCursor(position: number): string {
  return Buffer.from(`feed ${position}`).toString('base64url');
}

/** Reads what `encodeFeedCursor` gave; anything else is `invalid_cursor`. */
export function decodeFeedCursor(text: string): number {
  const [, digits] = /^feed (\d{1,16})$/.exec(decodeText(text)) ?? [];
  const position = Number(digits);
  if (digits === undefined || !isWholeNumber(position, 0)) throw unknownCursor(text);
  return position;
}

function decodeText(text: unknown): string {
  if (typeof text !== 'string' || text.length > 200) throw unknownCursor(text);
  return Buffer.from(text, 'base64url').toString();
}

function unknownCursor(text: unknown): AsmError {
  const shown = typeof text === 'string' ? JSON.stringify(text.slice(0, 80)) : typeof text;
  return new AsmError(
    'invalid_cursor',
    `${shown} is no cursor of this kind of page. Give back the one that a page gave.`,
  );
}
