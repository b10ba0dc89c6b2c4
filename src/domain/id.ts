import { uuidv7 } from 'uuidv7';

/** The prefix of each kind of id, by kind. */
export const idPrefixes = { session: 'ses', run: 'run', approval: 'apr', artifact: 'art' } as const;

export type IdKind = keyof typeof idPrefixes;

declare const brand: unique symbol;

/** Text that is known to be an id of one kind; the kinds don't mix. */
export type Id<Kind extends IdKind> = string & { readonly [brand]: Kind };

export type SessionId = Id<'session'>;
export type RunId = Id<'run'>;

/** Makes new ids. Handed to the manager, so that tests can make them predictable. */
export type IdSource = <Kind extends IdKind>(kind: Kind) => Id<Kind>;

/**
 * The default id source: `ses_` and the like before a UUID version 7 in hexadecimal, so that ids
 * sort in the order in which this process made them.
 */
export const timeSortedIds: IdSource = <Kind extends IdKind>(kind: Kind): Id<Kind> =>
  brandId(kind, `${idPrefixes[kind]}_${uuidv7().replaceAll('-', '')}`);

/** Reads text as an id of a kind; `undefined` when the prefix or the characters don't fit. */
export function parseId<Kind extends IdKind>(kind: Kind, text: string): Id<Kind> | undefined {
  const prefix = `${idPrefixes[kind]}_`;
  if (!text.startsWith(prefix) || !/^[\w-]{1,64}$/.test(text.slice(prefix.length))) return undefined;
  return brandId(kind, text);
}

/** The one place where text becomes an id: the brand exists only in types. */
export function brandId<Kind extends IdKind>(_kind: Kind, text: string): Id<Kind> {
  return text as Id<Kind>;
}
