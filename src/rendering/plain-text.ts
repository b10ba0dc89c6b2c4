const escape = '\u001B';
const control = '[\\p{Cc}--[\\n\\t]]';

/** What moves to the start of the line and clears it, for updating a line in place. */
export const eraseLine: string = `\r${escape}[2K`;

const anyControl = new RegExp(control, 'v');
const colour = `${escape}\\[[\\d;]{0,32}m`;
const sequences = [
  `${escape}\\[[0-?]*[ -\\/]*[@-~]`,
  `${escape}[\\]PX^_][^\\u{7}${escape}]*(?:\\u{7}|${escape}\\\\)`,
];
const notPlain = new RegExp(`(?<line>\\r(?:${escape}\\[2K|\\n)?)|${sequences.join('|')}|${control}`, 'gv');
const ownOrForeign = new RegExp(`(?<own>\\r${escape}\\[2K|${colour}|\\r\\n)|${control}`, 'gv');

/**
 * Rendered text without colours, cursor movements and other control characters. A line that was
 * updated in place becomes two lines.
 */
export function plainText(text: string): string {
  if (!anyControl.test(text)) return text;
  return text.replace(notPlain, (_match, line: string | undefined) => (line === undefined ? '' : '\n'));
}

/** Rendered text with colours and updates in place, and nothing else that a terminal would obey. */
export function terminalText(text: string): string {
  if (!anyControl.test(text)) return text;
  return text.replace(ownOrForeign, (_match, own: string | undefined) => own ?? '\u{FFFD}');
}
