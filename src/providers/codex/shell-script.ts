import { splitPlainCommand } from '../../domain/shell-word.ts';

/** The system's shells. One of another place could be anything, and so is part of the command. */
const shells = /^(?:\/usr)?(?:\/local)?\/bin\/(?:bash|zsh|sh)$/;

/**
 * The command as the model wrote it. Codex tells the whole command line, in which its shell gets the command as
 * one quoted word. What hasn't exactly this form is given back as it is.
 */
export function scriptOf(commandLine: string): string {
  const [shell, flag, script, ...more] = splitPlainCommand(commandLine) ?? [];
  if (shell === undefined || script === undefined || more.length > 0) return commandLine;
  return shells.test(shell) && (flag === '-lc' || flag === '-c') ? script : commandLine;
}
