/** Has a session manager with budgets on a store that other processes share; told what to spend by messages. */
import type { Budget } from '../../src/cost/budget.ts';
import { isAsmError } from '../../src/domain/error.ts';
import { createSessionManager, type SessionManager } from '../../src/manager/session-manager.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import type { ScriptStep } from '../../src/testing/scripted-provider/script-step.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';

export type SpendOrder =
  | { readonly order: 'open'; readonly path: string; readonly budgets: readonly Budget[] }
  /** Spends one amount after the other, `stay` waits to be ended; answered when the run has ended. */
  | { readonly order: 'spend'; readonly amounts: string }
  | { readonly order: 'close' };

/** How the run ended, or why it could not start. */
export interface SpendAnswer {
  readonly status?: string;
  readonly code?: string;
}

let opened: SessionManager | undefined;

async function follow(order: SpendOrder): Promise<SpendAnswer> {
  if (order.order === 'open') {
    const { path, budgets } = order;
    opened = await createSessionManager({ store: sqliteStore(path), providers: [spender()], budgets });
    return {};
  }
  if (opened === undefined) throw new Error('The manager is not open.');
  if (order.order === 'close') {
    await opened.close();
    return {};
  }
  const result = await opened.runOnce(order.amounts, { session: { tags: ['shared'] } });
  return result.status === 'failed'
    ? { status: result.status, code: result.error.code }
    : { status: result.status };
}

function spender() {
  return scriptedProvider(({ request }) =>
    (request.messages.at(-1)?.text ?? '')
      .split(' ')
      .map((word): ScriptStep =>
        word === 'stay'
          ? { hang: true }
          : { usage: { inputTokens: 100 }, cost: { usd: word, source: 'provider' } },
      ),
  );
}

process.on('message', (order: SpendOrder) => {
  void follow(order)
    .catch((error: unknown): SpendAnswer => {
      if (!isAsmError(error)) throw error;
      return { code: error.code };
    })
    .then((answer) => process.send?.(answer));
});
