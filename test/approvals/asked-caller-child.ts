/** A process whose run asks its caller for an hour of its clock, then a person, and is killed by a test meanwhile. */
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { createTestClock } from '../../src/testing/deterministic-clock.ts';
import { askedAgent, hour } from './asked-agent.ts';

process.on('message', ({ store, duration }: { readonly store: string; readonly duration: number }) => {
  const clock = createTestClock();
  const start = async (): Promise<string> => {
    const manager = await createSessionManager({
      store: sqliteStore(store),
      providers: [askedAgent(clock)],
      approvals: {},
      clock,
    });
    const { run } = await manager.createSession({ cwd: '/tmp' });
    const started = await run('go', {
      policy: { name: 'org', limits: { duration } },
      authorize: () => {
        clock.advance(hour);
        return { decision: 'ask' };
      },
    });
    return started.id;
  };
  void start().then((runId) => process.send?.({ runId }));
});
