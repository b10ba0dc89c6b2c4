import { spawn } from 'node:child_process';
import type { ScriptedResult } from '../scripted-provider/script-step.ts';

/** Where and how a command of the scripted agent runs. */
export interface ShellToolOptions {
  readonly cwd: string;
  readonly cookie: string;
  readonly signal: AbortSignal;
  /** False: the command goes on when the signal aborts, as with a provider that forgets it. */
  readonly ends: boolean;
  /** Called with the process group that was started. */
  onStart(processGroup: number): void;
}

/** Runs a command in a process group of its own; the whole group ends with the signal. */
export function runShellTool(command: string, options: ShellToolOptions): Promise<ScriptedResult> {
  const { signal, cwd } = options;
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], {
      cwd,
      detached: true,
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', ASM_RUN_COOKIE: options.cookie },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { pid } = child;
    if (pid !== undefined) options.onStart(pid);
    const onAbort = (): void => {
      if (!options.ends) reject(new Error('The command was forgotten.'));
      else if (pid !== undefined) endGroup(pid);
    };
    let output = '';
    child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (output += piece.toString()));
    child.once('error', reject);
    child.once('close', (exitCode) => {
      signal.removeEventListener('abort', onAbort);
      if (signal.aborted) reject(new Error('The command was stopped.'));
      else resolve({ output, exitCode: exitCode ?? -1, failed: exitCode !== 0 });
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/** Kills a process group; one that is gone already is fine. */
export function endGroup(processGroup: number): void {
  try {
    process.kill(-processGroup, 'SIGKILL');
  } catch {
    // Ended by itself.
  }
}
