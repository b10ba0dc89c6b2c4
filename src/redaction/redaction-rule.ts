/**
 * A secret that announces itself by a fixed prefix: `ghp_…`, `AIza…`. It is found wherever the
 * prefix is followed by at least `minimum` of the allowed characters, and reaches as far as these
 * characters go.
 *
 * Rules have this form, and not that of a regular expression, because a text arrives in pieces:
 * for every prefix of a text it must be decidable how much of its end can still become a secret.
 */
export interface TokenRule {
  readonly form: 'token';
  /** What the placeholder names: letters, digits, `_` and `-`. */
  readonly category: string;
  /** Printable ASCII, 2 to 64 characters each. The longest prefix that fits wins. */
  readonly prefixes: readonly string[];
  /** The letters of the prefix may be of either case. Default false. */
  readonly ignoreCase?: boolean;
  /** Leave the prefix in the text and replace only what follows it. Default false. */
  readonly keepPrefix?: boolean;
  /**
   * Where a secret may start: `anywhere`, also inside a word; `word` (the default): not behind a
   * letter, digit or `_`; `run`: not behind one of its own `characters` either.
   */
  readonly starts?: TokenStart;
  /** The characters behind the prefix, as inside the brackets of a regular expression: `A-Za-z0-9_-`. */
  readonly characters: string;
  /** How many of them at least, 1 to 256. There is no maximum. */
  readonly minimum: number;
  /** What there must be among the first 256 characters. Default: nothing. */
  readonly needs?: TokenNeed;
  /**
   * One character outside of `characters` that joins further parts. Each part has at least
   * `minimum` characters. A secret in parts that is not complete after 8,192 characters is taken
   * for one.
   */
  readonly separator?: string;
  /** How many parts there must be at least, 1 to 8. Default 1. More parts are taken in too. */
  readonly parts?: number;
}

export const tokenStarts = ['anywhere', 'word', 'run'] as const;
export type TokenStart = (typeof tokenStarts)[number];

export const tokenNeeds = ['digit', 'digit_or_upper_case'] as const;
export type TokenNeed = (typeof tokenNeeds)[number];

/**
 * A value that is assigned to a name that means a secret, in the ways of environment files, JSON,
 * YAML, headers and program text: `API_KEY=…`, `"password": "…"`. Only the value is replaced.
 */
export interface AssignmentRule {
  readonly form: 'assignment';
  readonly category: string;
  /** Compared without case, `_` and `-`. The first rule that knows the name wins. */
  readonly names: readonly string[];
  /**
   * `ending` (the default): a name may have more in front, as in `DB_PASSWORD`. `whole`: the whole
   * name must be equal.
   */
  readonly match?: 'ending' | 'whole';
  /**
   * Which values without quotes count. `literal` (the default): all that do not look like program
   * text. `opaque`: only from 16 characters on, with a letter and a digit. Values in quotes always count.
   */
  readonly bareValues?: BareValues;
}

export const bareValues = ['literal', 'opaque'] as const;
export type BareValues = (typeof bareValues)[number];

/** The password in `scheme://user:password@host`. */
export interface UrlPasswordRule {
  readonly form: 'url_password';
  readonly category: string;
}

/** A private key in PEM or PGP armour, from BEGIN to END; without an END as far as the key goes. */
export interface PrivateKeyRule {
  readonly form: 'private_key';
  readonly category: string;
}

/** What counts as a secret, as data. Where two could start at the same place, the longer prefix wins, then the earlier rule. */
export type RedactionRule = TokenRule | AssignmentRule | UrlPasswordRule | PrivateKeyRule;
