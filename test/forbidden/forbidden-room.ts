import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogEvent } from '../../src/domain/event.ts';
import type { PermissionMode } from '../../src/domain/tool.ts';
import type { CommonRunOptions } from '../../src/manager/run-options.ts';
import type { RunResult } from '../../src/manager/run-result.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import type { SessionHandle } from '../../src/manager/session-handle.ts';
import { memoryStore } from '../../src/stores/memory/index.ts';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import { startModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import type { ForbiddenAgent } from './forbidden-agent.ts';
import type { ForbiddenPlaces } from './forbidden-attempt.ts';
import { touchServerProgram } from './touch-server.ts';

/** What the main thread is told; a subagent isn't. */
const prompt = 'Do what the script says.';

/** A run that has ended. */
export interface ForbiddenRun {
  readonly result: RunResult;
  readonly events: readonly LogEvent[];
}

/** A real agent with a scripted model, and folders in which something must not happen. */
export interface ForbiddenRoom extends AsyncDisposable {
  readonly places: ForbiddenPlaces;
  readonly session: SessionHandle;
  /** Runs the turns, and those of a subagent; a caller allows whatever is asked. */
  run(
    turns: readonly ModelTurn[],
    options: CommonRunOptions & { readonly permissionMode: PermissionMode },
    subagent?: readonly ModelTurn[],
  ): Promise<ForbiddenRun>;
  /** Everything that lies outside the working folder; nothing may. */
  made(): Promise<readonly string[]>;
  /** What lies in the working folder, without what the room put there. */
  madeInside(): Promise<readonly string[]>;
}

export async function openForbiddenRoom(agent: ForbiddenAgent): Promise<ForbiddenRoom> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-forbidden-')));
  const cwd = join(home, 'project');
  const outside = join(home, 'outside');
  await mkdir(join(cwd, 'below'), { recursive: true });
  await mkdir(outside);
  await symlink(outside, join(cwd, 'link'));
  await symlink(join(outside, 'through-dangling'), join(cwd, 'dangling'));
  await writeFile(join(cwd, 'known'), 'known\n');
  await writeFile(join(home, 'touch-server.mjs'), touchServerProgram);
  const before = new Set(await readdir(cwd));
  const server = await startModelServer();
  const environment = { set: await agent.environment(server, home) };
  const manager = await createSessionManager({ store: memoryStore(), providers: [agent.provider()] });
  const session = await manager.createSession({ provider: agent.name });
  let files = 0;
  return {
    places: { cwd, outside, file: () => join(outside, `forbidden-${++files}`) },
    session,
    async run(turns, options, subagent = []) {
      const taken = { main: 0, sub: 0 };
      server.setScript((request) => {
        const isSub =
          subagent.length > 0 && !conversationTexts(request).some((text) => text.includes(prompt));
        const turn = isSub ? subagent[taken.sub++] : turns[taken.main++];
        return turn ?? { text: 'The script is over.' };
      });
      const lab = {
        type: 'stdio',
        command: process.execPath,
        arguments: [join(home, 'touch-server.mjs')],
      } as const;
      await using run = await session.run(prompt, {
        cwd,
        environment,
        ...(usesServer(turns) ? { mcpServers: { lab } } : {}),
        authorize: () => ({ decision: 'allow' }),
        ...options,
      });
      const events: LogEvent[] = [];
      for await (const event of run) events.push(event);
      return { result: await run.result, events };
    },
    made: () => readdir(outside),
    async madeInside() {
      return (await readdir(cwd)).filter((name) => !before.has(name));
    },
    async [Symbol.asyncDispose]() {
      await manager.close();
      await server[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** True when the model uses the MCP server, which is a program of its own to start. */
function usesServer(turns: readonly ModelTurn[]): boolean {
  return turns.some(({ tools = [] }) => tools.some(({ name }) => name.startsWith('mcp__')));
}
