import { createInterface } from 'node:readline/promises';
import type { Authorization } from '../domain/tool.ts';
import type { Authorize, AuthorizeRequest } from '../manager/gate.ts';
import { oneLine, visibleText } from '../rendering/visible-text.ts';
import { paintFor } from './paint.ts';
import type { TerminalTurns } from './terminal-turns.ts';

/** Characters of a call that are shown; how many more there are is said, so that nothing hides behind them. */
const longest = 4_000;

/** Makes the function that asks the person at the terminal about tool calls, one question at a time. */
export function terminalQuestions(turns: TerminalTurns): Authorize {
  let last: Promise<unknown> = Promise.resolve();
  return async (call, { signal }) => {
    if (call.proposed === 'allow') return { decision: 'allow' };
    const ask = async (): Promise<Authorization> =>
      await turns.ask(call.id, signal, async () => await askNow(call, signal));
    const answer = last.then(ask, ask);
    last = answer.catch(() => undefined);
    return await answer;
  };
}

async function askNow(call: AuthorizeRequest, signal: AbortSignal): Promise<Authorization> {
  signal.throwIfAborted();
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While it asks, the terminal gives Ctrl-C to us instead of making a signal of it.
  terminal.on('SIGINT', () => void process.kill(process.pid, 'SIGINT'));
  const ended = new Promise<string>((resolve) => {
    terminal.once('close', () => resolve(''));
  });
  try {
    // Not part of the question, which the terminal writes again and again while the answer is typed.
    process.stderr.write(description(call));
    const question = '  allow? [y/N, or a reason to refuse] ';
    const answer = (await Promise.race([terminal.question(question, { signal }), ended])).trim();
    if (/^y(es)?$/i.test(answer)) return { decision: 'allow' };
    const reason = answer === '' || /^no?$/i.test(answer) ? 'The person at the terminal said no.' : answer;
    return { decision: 'deny', reason };
  } finally {
    terminal.close();
  }
}

function description(call: AuthorizeRequest): string {
  const what = visibleText(call.command ?? call.paths?.join('\n') ?? JSON.stringify(call.input));
  const more = what.length - longest;
  const shown = more > 0 ? `${what.slice(0, longest)}\n… and ${more} more characters` : what;
  const mark = paintFor(process.stderr).blue('?');
  return `\n${mark} ${oneLine(call.name, 80)}: ${shown.replaceAll('\n', '\n    ')}\n`;
}
