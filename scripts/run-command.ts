import { spawn } from 'node:child_process';

/** How a program ended, with what it printed (standard output and errors in the order they came). */
export interface CommandResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly timedOut: boolean;
}

/** Where and how long a program may run. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the program and what it started are killed. */
  readonly timeout: number;
}

/**
 * Runs a program in a process group of its own and resolves when it has ended; the group ends with it, so
 * that nothing it started stays behind. Rejects only when it can't be started.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  let timedOut = false;
  const keep = (text: string): void => {
    output = (output + text).slice(-1_000_000);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const endGroup = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The group is gone already.
    }
  };
  const timer = setTimeout(() => {
    timedOut = true;
    endGroup();
  }, options.timeout);
  process.once('exit', endGroup);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', endGroup);
      child.on('close', (code, signal) => resolve({ code, signal, output, timedOut }));
    });
  } finally {
    clearTimeout(timer);
    process.removeListener('exit', endGroup);
  }
}
