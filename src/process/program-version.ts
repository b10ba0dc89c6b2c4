import { startProcessGroup, type ProcessGroupOptions } from './process-group.ts';

/** Milliseconds that a program has to tell its version; the first start of the day takes long. */
const versionDeadline = 20_000;

/** Characters that are read; what comes after them is no version. */
const longestAnswer = 64 * 1024;

/**
 * The version that a program tells on its standard output: the first group of the pattern, without blanks around what was
 * said. `undefined` when it can't be started, says something else, takes too long, or the signal aborts.
 */
export async function askVersion(
  program: Pick<ProcessGroupOptions, 'command' | 'arguments' | 'environment'>,
  pattern: RegExp,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const deadline = AbortSignal.timeout(versionDeadline);
  const stop = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  if (stop.aborted) return undefined;
  try {
    await using group = await startProcessGroup({ ...program, cwd: process.cwd(), standardInput: 'ignore' });
    const end = (): void => void group.end({ grace: 0 }).catch(() => undefined);
    stop.addEventListener('abort', end, { once: true });
    try {
      let said = '';
      for await (const chunk of group.child.stdout.setEncoding('utf8')) {
        said += String(chunk);
        if (said.length > longestAnswer) break;
      }
      return pattern.exec(said.trim())?.[1];
    } finally {
      stop.removeEventListener('abort', end);
    }
  } catch {
    return undefined;
  }
}
