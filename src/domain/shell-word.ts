/** A position in a shell text; the readers move it on. */
export interface ShellSource {
  readonly text: string;
  at: number;
}

/** One word of a shell text, quotes taken away. */
export interface ShellWord {
  /** What the program gets; where that is known only when it runs, the source text. */
  readonly text: string;
  /** As long as `text`: characters that were written without quotes, and NUL for all others. */
  readonly mask: string;
  /** True when the shell puts something else there: a variable, an output, names of files. */
  readonly dynamic: boolean;
  /** True when quotes keep a `$` or a backquote in it from meaning anything, here. */
  readonly sleeping: boolean;
}

/** What reading a word leads to. */
export interface WordVisitor {
  /** Something that can't be known from the text. */
  opaque(reason: string): void;
  /** A command substitution begins at the position: reads it up to and with its closing parenthesis. */
  nested(source: ShellSource): void;
  /** A command substitution that was written between backquotes. */
  script(text: string): void;
}

const hidden = '\0';
const metacharacters = new Set(' \t\n;&|()<>');
/** By code: the characters that mean themselves to every shell, quoted or not. */
const plainCodes: readonly boolean[] = Array.from({ length: 128 }, (_, code) =>
  /[\w./,:=@%+-]/.test(String.fromCharCode(code)),
);
/** By code: the characters that may not mean themselves between double quotes. */
const wakefulCodes: readonly boolean[] = Array.from({ length: 128 }, (_, code) =>
  '"$`\\'.includes(String.fromCharCode(code)),
);

/** Reads the word at the position, which is not at a metacharacter unless a process substitution begins there. */
export function readWord(source: ShellSource, visitor: WordVisitor): ShellWord {
  const word = new WordReader(source, visitor);
  for (;;) {
    word.plain(false);
    const character = source.text[source.at];
    if (character === undefined) break;
    if (isProcessSubstitution(source)) word.substitution(2);
    else if (metacharacters.has(character)) break;
    else if (character === '"') word.doubleQuoted();
    else if (character === "'") word.singleQuoted();
    else if (character === '\\') word.escape();
    else word.piece(character, false);
  }
  return word.done();
}

/** Reads the substitutions in text that the shell treats like a double-quoted one: a here-document's. */
export function readExpansions(text: string, visitor: WordVisitor): void {
  const source = { text, at: 0 };
  new WordReader(source, visitor).expanded(() => source.at >= text.length);
}

export function isProcessSubstitution({ text, at }: ShellSource): boolean {
  return (text[at] === '<' || text[at] === '>') && text[at + 1] === '(';
}

/** True when the characters of a word that are not quoted make the shell look for files or write several words. */
export function isPattern(mask: string): boolean {
  // Most words have none of these.
  return /[*?[~{]/.test(mask) && /[*?]|\[.*\]|^~|[:=]~|\{.*(?:,|\.\.).*\}/s.test(mask);
}

class WordReader {
  readonly #source: ShellSource;
  readonly #visitor: WordVisitor;
  #text = '';
  #mask = '';
  #dynamic = false;
  #sleeping = false;

  constructor(source: ShellSource, visitor: WordVisitor) {
    this.#source = source;
    this.#visitor = visitor;
  }

  done(): ShellWord {
    return {
      text: this.#text,
      mask: this.#mask,
      dynamic: this.#dynamic || isPattern(this.#mask),
      sleeping: this.#sleeping,
    };
  }

  /** Takes what means itself to every shell; most of a text is of that kind. */
  plain(quoted: boolean): void {
    const { text, at } = this.#source;
    let end = at;
    if (quoted) while (end < text.length && wakefulCodes[text.charCodeAt(end)] !== true) end++;
    else while (end < text.length && plainCodes[text.charCodeAt(end)] === true) end++;
    if (end === at) return;
    const run = text.slice(at, end);
    this.#text += run;
    this.#mask += quoted ? hidden.repeat(run.length) : run;
    this.#source.at = end;
  }

  /** A character that may start an expansion. */
  piece(character: string, quoted: boolean): void {
    if (character === '$') return this.#dollar(quoted);
    if (character === '`') return this.#backquotes();
    // Some shells and locales take other blanks than space and tab for separators.
    if (!quoted && /[^\P{Cc}\t\n]|[^\P{White_Space} \t\n]/u.test(character)) {
      this.#visitor.opaque('it has a control character or an unusual blank');
    }
    this.#add(character, quoted);
    this.#source.at++;
  }

  escape(): void {
    const next = this.#source.text[this.#source.at + 1];
    if (next === undefined) this.#visitor.opaque('it ends with a backslash');
    else if (next !== '\n') this.#add(next, true);
    this.#source.at += 2;
  }

  singleQuoted(): void {
    const end = this.#source.text.indexOf("'", this.#source.at + 1);
    if (end === -1) this.#visitor.opaque('a quote is not closed');
    const close = end === -1 ? this.#source.text.length : end;
    this.#add(this.#source.text.slice(this.#source.at + 1, close), true);
    this.#source.at = close + 1;
  }

  doubleQuoted(): void {
    const { text } = this.#source;
    this.#source.at++;
    this.expanded(() => text[this.#source.at] === '"');
    if (this.#source.at >= text.length) this.#visitor.opaque('a quote is not closed');
    this.#source.at++;
  }

  /** Reads as between double quotes until `isEnd` says so. */
  expanded(isEnd: () => boolean): void {
    const { text } = this.#source;
    for (;;) {
      this.plain(true);
      const character = text[this.#source.at];
      if (character === undefined || isEnd()) break;
      const next = text[this.#source.at + 1];
      if (character === '\\' && next !== undefined && '$`"\\\n'.includes(next)) this.escape();
      else this.piece(character, true);
    }
  }

  /** `$(`, `<(` and `>(`, of which `length` characters open it. */
  substitution(length: number): void {
    const start = this.#source.at;
    this.#source.at += length;
    this.#visitor.nested(this.#source);
    this.#unknown(start);
  }

  #dollar(quoted: boolean): void {
    const { text, at } = this.#source;
    const next = text[at + 1];
    if (next === "'" && !quoted) return this.#ansiQuoted();
    if (next === '"' && !quoted) {
      this.#source.at++;
      return this.doubleQuoted();
    }
    const simple = /\$(?:[A-Za-z_]\w*|[0-9@*#?$!-]|\{(?:\w+|[@*#?$!-])\}|\(\([\d\s+\-*/%<>=!&|^~?:,]*\)\))/y;
    simple.lastIndex = at;
    const match = simple.exec(text);
    if (match !== null) {
      this.#source.at += match[0].length;
      return this.#unknown(at);
    }
    if (next === '(') {
      // Variables in arithmetic are evaluated again, with the substitutions in them.
      if (text[at + 2] === '(') this.#visitor.opaque('it calculates with more than numbers');
      return this.substitution(2);
    }
    if (next === '{' || next === '[') {
      this.#visitor.opaque('it has an expansion that is not looked into');
      this.#source.at += 2;
      return this.#unknown(at);
    }
    this.#add('$', quoted);
    this.#source.at++;
  }

  #backquotes(): void {
    const { text, at } = this.#source;
    let end = at + 1;
    while (end < text.length && text[end] !== '`') end += text[end] === '\\' ? 2 : 1;
    if (end >= text.length) this.#visitor.opaque('a backquote is not closed');
    const inside = text.slice(at + 1, end);
    // Which backslashes go depends on the quotes around; shells don't agree on it.
    if (inside.includes('\\')) this.#visitor.opaque('it has backslashes between backquotes');
    this.#visitor.script(inside.replace(/\\([$`\\])/g, '$1'));
    this.#source.at = Math.min(end + 1, text.length);
    this.#unknown(at);
  }

  /** `$'…'`, in which backslashes stand for characters. */
  #ansiQuoted(): void {
    const { text, at } = this.#source;
    let end = at + 2;
    while (end < text.length && text[end] !== "'") end += text[end] === '\\' ? 2 : 1;
    if (end >= text.length) this.#visitor.opaque('a quote is not closed');
    const inside = text.slice(at + 2, end);
    // A plain POSIX shell ends the quote at the first one; and many escapes differ between shells.
    if (/\\[^ntr\\abefv]/.test(inside))
      this.#visitor.opaque("it has escapes in $'…' that shells read differently");
    this.#add(
      inside.replace(/\\(.)/gs, (_, letter: string) => plainEscapes.get(letter) ?? letter),
      true,
    );
    this.#source.at = Math.min(end + 1, text.length);
  }

  #add(text: string, quoted: boolean): void {
    this.#text += text;
    this.#mask += quoted ? hidden.repeat(text.length) : text;
    if (quoted && /[$`]/.test(text)) this.#sleeping = true;
  }

  #unknown(start: number): void {
    const written = this.#source.text.slice(start, this.#source.at);
    this.#text += written;
    this.#mask += hidden.repeat(written.length);
    this.#dynamic = true;
  }
}

const plainEscapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['\\', '\\'],
]);

/**
 * The words of a text that needs no shell: one program and its arguments, quotes allowed. `undefined`
 * when there is anything that only a shell can do: operators, variables, patterns, comments, several lines.
 */
export function splitPlainCommand(text: string): readonly string[] | undefined {
  const source = { text: text.trim(), at: 0 };
  const words: string[] = [];
  let plain = true;
  const refuse = (): void => {
    plain = false;
  };
  const visitor: WordVisitor = {
    opaque: refuse,
    script: refuse,
    nested(inner) {
      refuse();
      inner.at = inner.text.length;
    },
  };
  while (source.at < source.text.length) {
    const character = source.text[source.at] ?? '';
    if (character === ' ' || character === '\t') {
      source.at++;
      continue;
    }
    if (character === '#' || metacharacters.has(character)) return undefined;
    const word = readWord(source, visitor);
    // Braces and the like mean something to a shell even where they change nothing.
    if (!plain || word.dynamic || /[[\]{}~!^]/.test(word.mask)) return undefined;
    words.push(word.text);
  }
  const [program] = words;
  return program === undefined || program === '' || /^[A-Za-z_]\w*\+?=/.test(program) ? undefined : words;
}
