const escape = '\u001B';

/**
 * Control characters but newline and tab, and the characters that reorder what a reader sees.
 * Tested before anything is replaced: nearly all text has none of them.
 */
const unsafe = /[[\p{Cc}--[\n\t]]\u{202A}-\u{202E}\u{2066}-\u{2069}]/v;

/** A whole colour sequence vanishes: taking it out can only make text more visible. */
const revealing = new RegExp(`${escape}\\[[\\d;:]{0,64}m|\\r\\n|${unsafe.source}`, 'gv');

/**
 * Makes text from agents, tools and users safe to print: nothing in it can move the cursor, change
 * colours, retitle the terminal, overwrite a line or reverse the reading order. Control characters
 * become pictures of themselves (ESC is `␛`, CR is `␍`), C1 controls `\x9b`, direction overrides
 * `<U+202E>`; colour sequences are left out; CR LF becomes LF; lone surrogates become U+FFFD.
 * Newline and tab stay.
 */
export function visibleText(text: string): string {
  const wellFormed = text.toWellFormed();
  return unsafe.test(wellFormed) ? wellFormed.replace(revealing, reveal) : wellFormed;
}

function reveal(match: string): string {
  if (match === '\r\n') return '\n';
  if (match.length > 1) return '';
  const code = match.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  if (code < 0xa0) return `\\x${code.toString(16)}`;
  return `<U+${code.toString(16).toUpperCase()}>`;
}

const ellipsis = '…';

/** The first `limit` characters (code points), with `…` after them when there were more. */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let end = 0;
  for (let count = 0; count < limit && end < text.length; count += 1) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  return end >= text.length ? text : text.slice(0, end) + ellipsis;
}

const needsCollapse = /[^\S ]|\s\s|^\s|\s$/;

/** Text as one visible line of at most `limit` characters: each run of white space is one space. */
export function oneLine(text: string, limit: number): string {
  // A huge text is cut before the work, not after it; what makes a line may be mostly white space.
  const window = text.length > limit * 8 ? wholeStart(text, limit * 8) : text;
  const visible = visibleText(window);
  const line = needsCollapse.test(visible) ? visible.replace(/\s+/g, ' ').trim() : visible;
  const cut = cutText(line, limit);
  return window.length < text.length && cut === line ? cut + ellipsis : cut;
}

/** The first code units, without half a character at their end. */
export function wholeStart(text: string, length: number): string {
  return text.slice(0, isHighSurrogate(text.charCodeAt(length - 1)) ? length - 1 : length);
}

export function isHighSurrogate(code: number): boolean {
  return (code & 0xfc00) === 0xd800;
}
