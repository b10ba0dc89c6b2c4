import { createInterface } from 'node:readline/promises';
import pc from 'picocolors';
import type { Authorization } from '../domain/tool.ts';
import type { Authorize, AuthorizeRequest } from '../manager/gate.ts';
import { oneLine } from '../rendering/index.ts';

/** Makes the function that asks the person at the terminal about tool calls, one question at a time. */
export function terminalQuestions(): Authorize {
  let last: Promise<unknown> = Promise.resolve();
  return async (call, { signal }) => {
    if (call.proposed === 'allow') return { decision: 'allow' };
    const ask = async (): Promise<Authorization> => await askNow(call, signal);
    const answer = last.then(ask, ask);
    last = answer.catch(() => undefined);
    return await answer;
  };
}

async function askNow(call: AuthorizeRequest, signal: AbortSignal): Promise<Authorization> {
  const what = call.command ?? call.paths?.join(', ') ?? JSON.stringify(call.input);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const question = `\n${pc.yellow('?')} ${oneLine(call.name, 80)}: ${oneLine(what, 400)}\n  allow? [y/N, or a reason to refuse] `;
    const answer = (await terminal.question(question, { signal })).trim();
    if (/^y(es)?$/i.test(answer)) return { decision: 'allow' };
    const reason = answer === '' || /^no?$/i.test(answer) ? 'The person at the terminal said no.' : answer;
    return { decision: 'deny', reason };
  } finally {
    terminal.close();
  }
}
