const narrow = /^[\x20-\x7E]*$/;
const zero = /^[\p{M}\p{Cf}\u{1F3FB}-\u{1F3FF}]$/v;
const wide =
  /^[\u{1100}-\u{115F}\u{2E80}-\u{303E}\u{3041}-\u{A4CF}\u{A960}-\u{A97F}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FE30}-\u{FE6F}\u{FF00}-\u{FF60}\u{FFE0}-\u{FFE6}\u{1F004}-\u{1FAFF}\u{20000}-\u{3FFFD}]$|^\p{Emoji_Presentation}$/v;

/** How many columns a terminal needs for text without control characters. A tab counts as 8. */
export function displayWidth(text: string): number {
  if (narrow.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (narrow.test(character)) return 1;
  if (character === '\t') return 8;
  if (zero.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Splits text after the last character that fits; at least one character is taken. */
export function splitAtWidth(text: string, columns: number): readonly [fitting: string, rest: string] {
  let width = 0;
  let end = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns && end > 0) return [text.slice(0, end), text.slice(end)];
    end += character.length;
  }
  return [text, ''];
}

/** One line that fits the columns, with `…` at its end when it was cut. */
export function fitWidth(line: string, columns: number | undefined): string {
  if (columns === undefined || displayWidth(line) <= columns) return line;
  return `${splitAtWidth(line, Math.max(1, columns - 1))[0]}…`;
}
