/**
 * The words of a command line with `--store` and `--json` behind the name of the command: they belong to all
 * commands, so that one may write them before it, too, as with many other programs. All other words stay.
 */
export function behindCommand(words: readonly string[]): readonly string[] {
  let count = 0;
  for (;;) {
    const word = words[count] ?? '';
    if (word === '--store') count += 2;
    else if (word === '--json' || word.startsWith('--store=')) count += 1;
    else break;
  }
  const [command, ...others] = words.slice(count);
  return command === undefined || command.startsWith('-')
    ? words
    : [command, ...words.slice(0, count), ...others];
}
