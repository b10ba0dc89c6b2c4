import {
  isProcessSubstitution,
  readExpansions,
  readWord,
  type ShellSource,
  type ShellWord,
  type WordVisitor,
} from './shell-word.ts';

/** What reading a script leads to. */
export interface ScriptVisitor {
  opaque(reason: string): void;
  /** The words between two operators; reserved words and assignments still stand before the command. */
  segment(words: readonly ShellWord[]): void;
  redirection(operator: string, target: ShellWord): void;
  /** A script inside this one. */
  script(text: string): void;
}

interface HereDocument {
  readonly delimiter: string;
  readonly literal: boolean;
  readonly indented: boolean;
}

/** Words after which a subshell may begin; after any other a parenthesis means a function or a list. */
const beforeSubshell: ReadonlySet<string> = new Set([
  'if',
  'then',
  'else',
  'elif',
  'while',
  'until',
  'do',
  '{',
  '!',
  'time',
]);
const deepestNesting = 32;

/**
 * Cuts a script at its operators, at all depths alike: what stands in a loop, a subshell or a case is
 * found wherever the structure around it ends. Where cutting could go wrong it says so.
 */
export function readScript(text: string, visitor: ScriptVisitor): void {
  new ScriptReader(visitor, 0).list({ text, at: 0 }, false);
}

class ScriptReader {
  readonly #visitor: ScriptVisitor;
  readonly #wordVisitor: WordVisitor;
  #words: ShellWord[] = [];
  #hereDocuments: HereDocument[] = [];

  constructor(visitor: ScriptVisitor, depth: number) {
    this.#visitor = visitor;
    this.#wordVisitor = wordVisitor(visitor, depth);
  }

  /** Reads to the end of the text, or with `nested` to the parenthesis that closes the substitution. */
  list(source: ShellSource, nested: boolean): void {
    let parentheses = 0;
    let cases = false;
    for (;;) {
      skipBlanks(source);
      const character = source.text[source.at];
      if (this.#words.length === 1 && this.#words[0]?.mask === 'case') cases = true;
      if (character === undefined) break;
      if (character === '\n') {
        source.at++;
        this.#flush();
        this.#readHereDocuments(source);
      } else if (character === '#') {
        if (this.#words[0]?.text === '[[') this.#visitor.opaque('it has a comment in a condition');
        source.at = endOfLine(source);
      } else if (isRedirection(source, character)) {
        this.#redirection(source);
      } else if (character === ';' || character === '&' || character === '|') {
        source.at++;
        this.#flush();
      } else if (character === '(') {
        this.#open(source);
        parentheses++;
      } else if (character === ')') {
        source.at++;
        this.#flush();
        if (parentheses > 0) parentheses--;
        else if (nested) return this.#closeNested(cases);
        else if (!cases) this.#visitor.opaque('a parenthesis is not opened');
      } else {
        this.#word(source);
      }
    }
    this.#flush();
    if (nested || (parentheses > 0 && !cases)) this.#visitor.opaque('a parenthesis is not closed');
    if (this.#hereDocuments.length > 0) this.#visitor.opaque('a here-document has no end');
  }

  #flush(): void {
    if (this.#words.length > 0) this.#visitor.segment(this.#words);
    this.#words = [];
  }

  #open(source: ShellSource): void {
    if (source.text[source.at + 1] === '(') this.#visitor.opaque('it has an arithmetic command');
    if (this.#words.some((word) => !beforeSubshell.has(word.mask))) {
      this.#visitor.opaque('it defines a function or a list');
    }
    source.at++;
    this.#flush();
  }

  #closeNested(cases: boolean): void {
    // The parenthesis of a pattern looks like the end of the substitution.
    if (cases) this.#visitor.opaque('it has a case inside a substitution');
    if (this.#hereDocuments.length > 0) this.#visitor.opaque('a here-document has no end');
  }

  #word(source: ShellSource): void {
    const start = source.at;
    const word = readWord(source, this.#wordVisitor);
    const next = source.text[source.at];
    // The number or name of a file descriptor belongs to the redirection behind it.
    if ((next === '<' || next === '>') && /^(?:\d+|\{\w+\})$/.test(word.mask)) return;
    // Line continuations alone make no word, but an empty pair of quotes does.
    if (word.text === '' && /^(?:\\\n)*$/.test(source.text.slice(start, source.at))) return;
    this.#words.push(word);
  }

  #redirection(source: ShellSource): void {
    const operator = redirectionAt(source);
    source.at += operator.length;
    skipBlanks(source);
    const next = source.text[source.at];
    if (next === undefined || ('\n;&|()<>'.includes(next) && !isProcessSubstitution(source))) {
      this.#visitor.opaque('a redirection has no target');
      return;
    }
    const target = readWord(source, this.#wordVisitor);
    if (operator === '<<' || operator === '<<-') {
      if (target.dynamic || target.text.includes('\n'))
        this.#visitor.opaque('a here-document has an odd end mark');
      const literal = target.mask !== target.text;
      this.#hereDocuments.push({ delimiter: target.text, literal, indented: operator === '<<-' });
    } else {
      this.#visitor.redirection(operator, target);
    }
  }

  #readHereDocuments(source: ShellSource): void {
    const documents = this.#hereDocuments;
    this.#hereDocuments = [];
    for (const { delimiter, literal, indented } of documents) {
      const start = source.at;
      let found = false;
      let end = start;
      while (!found && source.at < source.text.length) {
        end = source.at;
        const lineEnd = endOfLine(source);
        const line = source.text.slice(end, lineEnd);
        source.at = Math.min(lineEnd + 1, source.text.length);
        found = (indented ? line.replace(/^\t+/, '') : line) === delimiter;
      }
      if (!found) this.#visitor.opaque('a here-document has no end');
      if (literal) continue;
      const body = source.text.slice(start, found ? end : source.at);
      if (body.includes('\\\n')) this.#visitor.opaque('a here-document has joined lines');
      readExpansions(body, this.#wordVisitor);
    }
  }
}

function wordVisitor(visitor: ScriptVisitor, depth: number): WordVisitor {
  return {
    opaque: (reason) => visitor.opaque(reason),
    script: (text) => visitor.script(text),
    nested(source) {
      if (depth < deepestNesting) return new ScriptReader(visitor, depth + 1).list(source, true);
      visitor.opaque('it is nested too deeply');
      source.at = source.text.length;
    },
  };
}

function skipBlanks(source: ShellSource): void {
  const { text } = source;
  for (;;) {
    const character = text[source.at];
    if (character === ' ' || character === '\t') source.at++;
    else if (character === '\\' && text[source.at + 1] === '\n') source.at += 2;
    else return;
  }
}

function endOfLine(source: ShellSource): number {
  const end = source.text.indexOf('\n', source.at);
  return end === -1 ? source.text.length : end;
}

function isRedirection(source: ShellSource, character: string): boolean {
  if (character !== '<' && character !== '>' && character !== '&') return false;
  return !isProcessSubstitution(source) && redirectionAt(source) !== '';
}

function redirectionAt(source: ShellSource): string {
  const operators = /&>>|&>|<<<|<<-|<<|<>|<&|>>|>\||>&|<|>/y;
  operators.lastIndex = source.at;
  return operators.exec(source.text)?.[0] ?? '';
}
