import { spawn } from 'node:child_process';

/** How a command ended, and all that it wrote. */
export interface AsmEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** A command that was started as a process group of its own, as a shell starts what is typed. */
export interface AsmProcess {
  readonly ended: Promise<AsmEnd>;
  /** Resolves when standard output or standard error has the text; fails if the command ends before. */
  says(text: string | RegExp): Promise<void>;
  /** What it has written so far, to standard output and to standard error. */
  output(): string;
  errors(): string;
  /** Signals the whole group, as a terminal does at Ctrl-C. */
  signalGroup(signal: NodeJS.Signals): void;
  /** Signals the command's own process alone. */
  signal(signal: NodeJS.Signals): void;
  /** Reads no more of its standard output, as `head` does when it has enough. */
  closeOutput(): void;
  /** Writes to its standard input. */
  type(text: string): void;
}

export interface AsmProcessOptions {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** All of standard input; absent: it is empty. `open` leaves it open, for `type`. */
  readonly input?: string | { readonly open: true };
}

/** Starts a program and collects what it says. */
export function startAsm(
  program: string,
  words: readonly string[],
  { cwd, environment, input }: AsmProcessOptions,
): AsmProcess {
  const child = spawn(program, [...words], {
    cwd,
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const said = { output: '', errors: '' };
  const listeners = new Set<() => void>();
  const hear = (where: keyof typeof said) => (text: string) => {
    said[where] += text;
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', hear('output'));
  child.stderr.setEncoding('utf8').on('data', hear('errors'));
  // A command that ends before it has read its input is no failure of the test.
  child.stdin.on('error', () => undefined);
  if (typeof input === 'object') child.stdin.write('');
  else child.stdin.end(input ?? '');
  const ended = new Promise<AsmEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, ...said });
      for (const listener of listeners) listener();
    });
  });
  return {
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const all = said.output + said.errors;
          if (typeof text === 'string' ? all.includes(text) : text.test(all)) {
            listeners.delete(look);
            resolve();
          } else if (child.exitCode !== null || child.signalCode !== null) {
            listeners.delete(look);
            reject(
              new Error(`It ended and never said ${String(text)}, but:\n${said.output}\n${said.errors}`),
            );
          }
        };
        listeners.add(look);
        look();
      }),
    output: () => said.output,
    errors: () => said.errors,
    signalGroup: (signal) => void (child.pid !== undefined && process.kill(-child.pid, signal)),
    signal: (signal) => void child.kill(signal),
    closeOutput: () => void child.stdout.destroy(),
    type: (text) => void child.stdin.write(text),
  };
}
