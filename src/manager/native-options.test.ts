import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../test/runtime/refusal.ts';
import type { AsmError } from '../domain/error.ts';
import type { Provider } from '../ports/provider.ts';
import { acp } from '../providers/acp/provider.ts';
import { amp } from '../providers/amp/provider.ts';
import { claude } from '../providers/claude/provider.ts';
import { codex } from '../providers/codex/provider.ts';
import { shell } from '../providers/shell/provider.ts';
import { router } from '../routing/router.ts';
import { createSessionServer } from '../runtime/session-server.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { CommonRunOptions } from './run-options.ts';
import { createSessionManager } from './session-manager.ts';
import { streamOnce } from './stream-once.ts';

/** What each way to a run says to these native options, and what is in the store after all of them. */
async function refusals(provider: Provider, native: object) {
  const store = memoryStore();
  await using manager = await createSessionManager({ store, providers: [provider] });
  const session = await manager.createSession();
  await using server = await createSessionServer(manager, { session: session.id });
  const options = { provider, native };
  const errors: readonly AsmError[] = await Promise.all(
    [
      session.run('go', options),
      manager.startRun(session.id, 'go', options),
      server.submitRun('go', options),
      manager.runOnce('go', options),
      streamOnce('go', { manager, ...options }),
    ].map(refusalOf),
  );
  const { rows } = await store.sessions({});
  const events = await store.events({ sessionId: session.id });
  return {
    codes: [...new Set(errors.map(({ code }) => code))],
    messages: [...new Set(errors.map(({ message }) => message))],
    runs: (await store.runs({})).rows,
    // What was made for one run has failed with it.
    sessions: rows.map(({ status }) => status).toSorted(),
    types: events.events.map(({ type }) => type),
  };
}

const nothing = { runs: [], sessions: ['failed', 'failed', 'pending'], types: ['session_created'] };

describe('native options that a provider does not read', () => {
  it.each<readonly [string, Provider, object, string]>([
    ['claude', claude(), { fallbackModle: 'x' }, '"fallbackModel"'],
    ['codex', codex(), { sandbx: false }, '"sandbox"'],
    ['amp', amp(), { mod: 'rush' }, '"mode"'],
    ['acp', acp({ command: 'agent' }), { modee: 'x' }, '"mode"'],
    ['shell', shell(), { shel: true }, '"shell"'],
    ['a router', router({ candidates: [claude(), codex()] }), { codex: { sandbx: false } }, '"sandbox"'],
  ])('are refused before anything is written: %s', async (_, provider, native, nearest) => {
    const refused = await refusals(provider, native);
    expect(refused).toMatchObject({ ...nothing, codes: ['unknown_option'] });
    expect(refused.messages).toEqual([expect.stringContaining(`Did you mean ${nearest}?`)]);
  });

  it.each<readonly [string, Provider, object]>([
    ['claude', claude(), { additionalDirectories: ['relative'] }],
    ['codex', codex(), { sandbox: true }],
    ['amp', amp(), { mode: 'slow' }],
    ['acp', acp({ command: 'agent' }), { mode: '' }],
    ['shell', shell(), { timeout: -1 }],
    ['a router', router({ candidates: [amp()] }), { amp: { mode: 'slow' } }],
    ['what is no object', router({ candidates: [amp()] }), { amp: 'rush' }],
  ])('or not with such a value: %s', async (_, provider, native) => {
    expect(await refusals(provider, native)).toMatchObject({ ...nothing, codes: ['invalid_input'] });
  });

  it('are not asked about where a provider has no check, and never given again to a run that is there', async () => {
    const seen: (object | undefined)[] = [];
    const provider = scriptedProvider(({ request }) => {
      seen.push(request.native);
      return [];
    });
    await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });
    const session = await manager.createSession();
    await using run = await session.run('go', { provider, native: { anything: 1 } });
    await run.result;
    expect(seen).toEqual([{ anything: 1 }]);
    const waiting = await manager.startRun(session.id, 'go', { provider, native: { anything: 2 } });
    const again: CommonRunOptions & { readonly native: object } = { native: { anything: 3 } };
    await expect(manager.executeRun(waiting.id, again)).rejects.toMatchObject({ code: 'unknown_option' });
    await using executed = await manager.executeRun(waiting.id);
    await executed.result;
    expect(seen.at(-1)).toEqual({ anything: 2 });
  });
});
