import { createSessionManager } from '../../src/manager/session-manager.ts';
import { shell } from '../../src/providers/shell/index.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import type { AsmRoom } from './asm-room.ts';

/** The ids of a run and of its session. */
export interface EarlierRun {
  readonly session: string;
  readonly run: string;
}

/**
 * Runs a script for a shell, in a new session unless one is named, and waits for its end: as a command before did, but
 * in this process, which is many times faster.
 */
export async function ranEarlier(room: AsmRoom, script: string, session?: string): Promise<EarlierRun> {
  await using manager = await createSessionManager({
    store: sqliteStore(room.store),
    providers: [shell()],
  });
  const handle =
    session === undefined
      ? await manager.createSession({ provider: 'shell', cwd: room.cwd, title: script })
      : await manager.getSession(session);
  const run = await handle.run(script, {
    ...{ provider: shell(), permissionMode: 'full_auto', native: { shell: true } },
  });
  await run.result;
  return { session: handle.id, run: run.id };
}
