import { mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import { amp } from '../../src/providers/amp/provider.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { ampEnvironment } from '../../src/testing/model-server/amp-environment.ts';
import { startModelServer } from '../../src/testing/model-server/model-server.ts';
import { signedInEnvironment } from '../acp/signed-in-claude.ts';
import { bash as ampBash } from '../amp/agent-room.ts';
import { bash as claudeBash } from '../claude/agent-room.ts';

const agents = [
  {
    name: 'claude-agent-acp',
    provider: () => acp({ preset: 'claude-agent-acp' }),
    environment: signedInEnvironment,
    bash: claudeBash,
  },
  {
    name: 'amp',
    provider: () => amp(),
    environment: async (...[server, home]: Parameters<typeof signedInEnvironment>) =>
      ampEnvironment(server, { home }),
    bash: ampBash,
  },
] as const;

describe('an agent that is a program of Node.js', () => {
  it.each(agents)('keeps what it compiled, and its commands do not: $name', async (agent) => {
    const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-compiled-')));
    const cwd = join(home, 'project');
    await mkdir(cwd);
    await using server = await startModelServer([
      { tools: [agent.bash('echo "kept: <$NODE_COMPILE_CACHE>"')] },
      { text: 'Done.' },
    ]);
    const { NODE_COMPILE_CACHE: _ofTests, ...set } = await agent.environment(server, home);
    await using manager = await createSessionManager({ store: memoryStore(), providers: [agent.provider()] });
    const permissionMode = 'dangerously_skip_permissions';
    const run = await manager.runOnce('Go.', { cwd, environment: { set }, permissionMode });
    expect(run).toMatchObject({ status: 'completed', output: 'Done.' });
    expect(JSON.stringify(server.requests.at(-1)?.body)).toContain('kept: <>');
    const kept = join(home, '.cache', 'agent-session-manager', 'node');
    expect((await readdir(kept, { recursive: true })).length).toBeGreaterThan(2);
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  });
});
