/**
 * The command that a model asked for, of the command line by which Codex runs it: `/bin/bash -lc '…'`. A
 * line of any other form is left as it is.
 */
export function commandText(line: string): string {
  const match = /^(?:\S*\/)?(?:bash|zsh|sh) -l?c ([^]*)$/.exec(line);
  if (match?.[1] === undefined) return line;
  return unquote(match[1]) ?? line;
}

/** One shell word without its quotes; `undefined` when it isn't exactly one word of literal text. */
function unquote(word: string): string | undefined {
  let text = '';
  let rest = word;
  while (rest !== '') {
    const piece =
      /^'([^']*)'/.exec(rest) ??
      /^"((?:[^"\\$`]|\\["\\$`])*)"/.exec(rest) ??
      /^\\([^\n])/.exec(rest) ??
      /^([\w@%+=:,./-]+)/.exec(rest);
    if (piece?.[1] === undefined) return undefined;
    text += piece[0].startsWith('"') ? piece[1].replaceAll(/\\(["\\$`])/g, '$1') : piece[1];
    rest = rest.slice(piece[0].length);
  }
  return word === '' ? undefined : text;
}
