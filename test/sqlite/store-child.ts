import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of this folder in a process of its own, which answers each message with one. */
export interface StoreChild extends AsyncDisposable {
  /** Sends a message and waits for its answer; rejects if the process ends before. */
  ask(message: object): Promise<unknown>;
  readonly process: ChildProcess;
}

/** Starts `program` of this folder; disposal ends it. */
export function startStoreChild(program: string): StoreChild {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = fork(path, [], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  return {
    process: child,
    async ask(message) {
      const answer = once(child, 'message');
      child.send(message);
      const gone = ended.then(([code, signal]) => {
        throw new Error(`${program} ended with ${String(code ?? signal)}`);
      });
      const [value]: unknown[] = await Promise.race([answer, gone]);
      return value;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}
