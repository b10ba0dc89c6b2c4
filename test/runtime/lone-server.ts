/** Serves a session of a memory store, in a process in which nothing else keeps the event loop going. */
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { createSessionServer } from '../../src/runtime/session-server.ts';
import { memoryStore } from '../../src/stores/memory/index.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';

await using manager = await createSessionManager({ store: memoryStore(), providers: [scriptedProvider([])] });
await using server = await createSessionServer(manager, { session: {}, queuedRuns: 300 });
for (const slots of [1, 3]) {
  await using other = await createSessionServer(manager, {
    session: server.sessionId,
    concurrentRuns: slots,
    queuedRuns: 300,
  });
  await Promise.all(Array.from({ length: 300 }, (_, index) => other.submitRun(`task ${index}`)));
  await other.drain();
}
process.stdout.write('drained');
