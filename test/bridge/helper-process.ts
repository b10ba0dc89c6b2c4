import { startProcessGroup } from '../../src/process/process-group.ts';
import { text } from 'node:stream/consumers';

/** A helper program that an agent has started. */
export interface HelperProcess extends AsyncDisposable {
  readonly pid: number;
  readonly end: Promise<{ readonly exitCode?: number; readonly stderr: string; readonly stdout: string }>;
}

/** Starts a program as Amp starts the one that decides: no arguments, the call in its input and environment. */
export async function startDecision(
  program: string,
  call: { readonly input: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<HelperProcess> {
  const group = await startProcessGroup({
    command: program,
    arguments: [],
    cwd: '/',
    environment: { PATH: process.env['PATH'] ?? '', AGENT_TOOL_USE_ID: 'toolu_1', ...call.environment },
  });
  const stdout = text(group.child.stdout);
  const closed = new Promise<void>((resolve) => group.child.once('close', () => resolve()));
  group.child.stdin.end(call.input);
  return {
    pid: group.identity.pid,
    end: Promise.all([group.exit, stdout, closed]).then(([{ exitCode }, written]) => ({
      ...(exitCode === undefined ? {} : { exitCode }),
      stderr: group.stderrTail(),
      stdout: written,
    })),
    [Symbol.asyncDispose]: () => group.end({ grace: 0 }),
  };
}
