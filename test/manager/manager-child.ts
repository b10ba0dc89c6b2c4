/** Has a session manager on a store that other processes share; told what to do by messages. */
import { isAsmError } from '../../src/domain/error.ts';
import { createSessionManager, type SessionManager } from '../../src/manager/session-manager.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';

export type Order =
  | { readonly order: 'open'; readonly path: string; readonly lease: number }
  | { readonly order: 'execute'; readonly runId: string }
  | { readonly order: 'run'; readonly sessionId: string; readonly input: string; readonly key: string }
  /** Starts a script for a shell and leaves it running. */
  | { readonly order: 'shell'; readonly sessionId: string; readonly script: string }
  /** Runs one run after the other until it is killed; answered once the first has started. */
  | { readonly order: 'go on'; readonly sessionId: string }
  | { readonly order: 'close' };

/** What became of an order: a run, or the code of the error. */
export interface Answer {
  readonly runId?: string;
  readonly status?: string;
  readonly code?: string;
}

let opened: SessionManager | undefined;

function manager(): SessionManager {
  if (opened === undefined) throw new Error('The manager is not open.');
  return opened;
}

async function follow(order: Order): Promise<Answer> {
  switch (order.order) {
    case 'open':
      opened = await createSessionManager({
        store: sqliteStore(order.path),
        providers: [
          scriptedProvider(
            [
              { say: `from ${process.pid}`, chunks: 5 },
              { wait: 20 },
              { say: 'and on '.repeat(20), chunks: 20 },
            ],
            // Its conversations may have begun in another process.
            { acceptAnyHandle: true },
          ),
        ],
        times: { lease: order.lease },
        deltas: 'each',
      });
      return {};
    case 'execute': {
      const run = await manager().executeRun(order.runId);
      return { runId: run.id, status: (await run.result).status };
    }
    case 'run': {
      const session = await manager().getSession(order.sessionId);
      const run = await session.run(order.input, { provider: 'scripted', key: order.key });
      return { runId: run.id, status: (await run.result).status };
    }
    case 'shell': {
      // Loaded for those that it is for: it brings what checks its options.
      const { shell } = await import('../../src/providers/shell/index.ts');
      const session = await manager().getSession(order.sessionId);
      const run = await session.run(order.script, {
        provider: shell(),
        native: { shell: true },
        permissionMode: 'full_auto',
      });
      for await (const event of run) if (event.type === 'tool_output_streamed') break;
      return { runId: run.id };
    }
    case 'go on': {
      const session = await manager().getSession(order.sessionId);
      const runs = async (): Promise<never> => {
        for (;;) await (await session.run('go', { provider: 'scripted' })).result;
      };
      const first = await session.run('go', { provider: 'scripted' });
      void first.result.then(runs);
      return { runId: first.id };
    }
    case 'close':
      await manager().close();
      return {};
  }
}

process.on('message', (order: Order) => {
  void follow(order)
    .catch((error: unknown): Answer => {
      if (!isAsmError(error)) throw error;
      return { code: error.code };
    })
    .then((answer) => process.send?.(answer));
});
