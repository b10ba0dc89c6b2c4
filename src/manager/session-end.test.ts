import { describe, expect, it } from 'vitest';
import { AsmError } from '../domain/error.ts';
import type { Provider } from '../ports/provider.ts';
import { router } from '../routing/router.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionManager } from './session-manager.ts';

/** A provider that keeps something for its sessions. */
function keeper(name: string): Provider & { readonly ended: string[]; readonly last: boolean[] } {
  const inner = scriptedProvider([{ say: 'x' }], { name });
  const ended: string[] = [];
  const last: boolean[] = [];
  return {
    ...inner,
    ended,
    last,
    run: (request, host) => {
      last.push(request.lastRun === true);
      return inner.run(request, host);
    },
    endSession: async (id) => void ended.push(id),
  };
}

describe('the end of a session', () => {
  it('is told to the providers and the candidates of routers, whoever ends it and whatever they throw', async () => {
    const [one, two] = [keeper('one'), keeper('two')];
    const deaf: Provider = { ...keeper('deaf'), endSession: () => new Promise(() => undefined) };
    const broken: Provider = { ...keeper('broken'), endSession: () => Promise.reject(new Error('no')) };
    await using manager = await createSessionManager({
      store: memoryStore(),
      times: { close: 20 },
      providers: [deaf, broken, one, router({ candidates: [{ provider: two }] })],
    });
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => manager.createSession()));
    await (
      await first?.run('go', { provider: 'one' })
    )?.result;
    await first?.pause();
    expect(one.ended).toEqual([]);
    await first?.complete();
    await second?.cancel();
    await third?.fail(new AsmError('agent_failed', 'broke'));
    expect(one.ended).toEqual([first?.id, second?.id, third?.id]);
    expect(two.ended).toEqual(one.ended);
  });
});

describe('the last run of a session', () => {
  it('is that of a one-off session, and any of a provider that hears of no end', async () => {
    const [known, strange] = [keeper('known'), keeper('strange')];
    await using manager = await createSessionManager({ store: memoryStore(), providers: [known] });
    const session = await manager.createSession();
    await (
      await session.run('go')
    ).result;
    await (
      await session.run('go', { provider: known })
    ).result;
    await manager.runOnce('go');
    expect(known.last).toEqual([false, false, true]);
    await (
      await session.run('go', { provider: strange })
    ).result;
    expect(strange.last).toEqual([true]);
  });
});
