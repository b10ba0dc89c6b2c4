// An agent whose model falls silent is nudged, interrupted, and in another run ended; one that makes the same
// call for ever is stopped. With a real account nothing stalls, and the runs only show what they do.
import assert from 'node:assert/strict';
import { createSessionManager, type LogEvent, type RunHandle } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';

await using example = await setUpExample('watchdog', []);
const isScripted = example.model !== undefined;
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const options = { ...example.runOptions, rules: exampleRules };
/** Longer than an agent takes to start; with a real account than a model thinks. */
const after = isScripted ? 5_000 : 120_000;

/** Shows what the watchdog and the loop detector tell, and gives it. */
async function watch(run: RunHandle): Promise<readonly LogEvent[]> {
  const told: LogEvent[] = [];
  for await (const event of run) {
    switch (event.type) {
      case 'run_stalled':
        console.log(`  stalled (${event.data.state}): no progress for ${event.data.silence} ms`);
        console.log(`  the run's row says: ${(await run.read()).activity?.state ?? 'it has ended'}`);
        break;
      case 'watchdog_acted':
        console.log(`  ${event.data.step}: ${event.data.as}`);
        break;
      case 'loop_detected':
        console.log(`  ${event.data.reason}`);
        break;
      default:
        continue;
    }
    told.push(event);
  }
  return told;
}

function steps(events: readonly LogEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'watchdog_acted' ? `${event.data.step} ${event.data.as}` : [],
  );
}

/** Silence, however often the agent asks. */
const silence = Array.from({ length: 10 }, () => ({ text: 'Let me think.', hang: true }));
const session = await manager.createSession({ provider: example.providerName });

console.log('A silent model: the agent is nudged, then its turn is interrupted.');
example.say(silence);
const interrupted = await session.run('Think, then say one word.', {
  ...options,
  watchdog: {
    after,
    nudge: { text: 'Go on, please.', times: 1 },
    interruptAfter: 1_000,
    cancelAfter: 60_000,
  },
});
const first = steps(await watch(interrupted));
const stopped = await interrupted.result;
assert.equal(stopped.status, 'completed');
if (isScripted) {
  assert.ok(stopped.interrupted, 'the turn was interrupted');
  assert.equal(first[0], 'nudge done');
  assert.equal(first.at(-1), 'interrupt done');
}

console.log('The conversation stays: the next run goes on with it.');
example.say([{ text: 'Done.' }]);
const next = await session.run('And now?', { ...options, watchdog: { after } });
assert.equal((await next.result).status, 'completed');

console.log('A silent model: the run is ended.');
example.say(silence);
const ended = await session.run('Think, then say one word.', {
  ...options,
  watchdog: { after, cancelAfter: 500 },
});
const second = steps(await watch(ended));
const failed = await ended.result;
if (isScripted) {
  assert.deepEqual(second, ['cancel done']);
  assert.ok(failed.status === 'failed' && failed.error.code === 'run_stalled', failed.status);
}

console.log('A model that makes one call for ever: the run is ended.');
example.say(
  Array.from({ length: 20 }, () => ({ tools: [{ tool: 'bash' as const, command: 'echo again' }] })),
);
const looping = await session.run('Run `echo again` once.', {
  ...options,
  loops: { action: 'cancel', sameCall: 4 },
});
await watch(looping);
const end = await looping.result;
if (isScripted) {
  assert.ok(end.status === 'failed' && end.error.code === 'loop_detected', end.status);
  assert.equal(end.error.details?.['times'], 4);
}
console.log('All ended as they should.');
