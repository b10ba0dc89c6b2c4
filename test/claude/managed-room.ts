import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSessionManager, type SessionManager } from '../../src/manager/session-manager.ts';
import type { SessionManagerOptions } from '../../src/manager/manager-options.ts';
import type { AgentEnvironment } from '../../src/ports/provider.ts';
import { claude } from '../../src/providers/claude/index.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { startModelServer, type ModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';

/** Managers over one store that run the real Claude Code with a scripted model. */
export interface ManagedRoom extends AsyncDisposable {
  readonly server: ModelServer;
  readonly cwd: string;
  /** File of the store. */
  readonly store: string;
  readonly environment: AgentEnvironment;
  /** Opens one more manager. All are closed with the room. */
  open(options?: Partial<SessionManagerOptions>): Promise<SessionManager>;
  /** Files in which Claude Code keeps its conversations. */
  transcripts(): readonly string[];
  /** True when the agent has made the file. */
  made(name: string): boolean;
}

export async function openManagedRoom(script: ModelScript): Promise<ManagedRoom> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-claude-')));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const server = await startModelServer(script);
  const managers: SessionManager[] = [];
  const store = join(home, 'sessions.db');
  return {
    server,
    cwd,
    store,
    environment: { set: claudeEnvironment(server, { home }) },
    transcripts: () =>
      readdirSync(home, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.jsonl'))
        .map((name) => join(home, name)),
    made: (name) => existsSync(join(cwd, name)),
    async open(options = {}) {
      const manager = await createSessionManager({
        store: sqliteStore(store, { durability: 'normal' }),
        providers: [claude()],
        approvals: {},
        ...options,
      });
      managers.push(manager);
      return manager;
    },
    async [Symbol.asyncDispose]() {
      for (const { id } of (
        await managers
          .at(-1)
          ?.runs({ status: ['running'] })
          .catch(() => undefined)
      )?.rows ?? []) {
        await (await managers.at(-1)?.getRun(id))?.cancel();
      }
      await Promise.all(managers.map((manager) => manager.close()));
      await server[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
