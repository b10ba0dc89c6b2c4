import assert from 'node:assert/strict';
import { isAsmError } from '../../domain/error.ts';
import { createRunRequest } from '../run-request.ts';
import { createTestHost } from '../test-host.ts';
import { plainText } from './plain-run.ts';
import type { ProviderCase } from './provider-case.ts';

const defaultFailures = [
  { status: 401, code: 'authentication_failed' },
  { status: 429, code: 'rate_limited' },
  { status: 500, code: 'provider_unavailable' },
  { status: 529, code: 'provider_overloaded' },
] as const;

/** How a run begins and ends. */
export const lifecycleCases: readonly ProviderCase[] = [
  {
    name: 'describes the capabilities that it has, and its agent',
    async run({ subject, fixture }) {
      const description = await fixture.provider.describe();
      assert.equal(description.name, fixture.provider.name);
      assert.deepEqual(description.capabilities, subject.capabilities, 'the described capabilities');
      assert.deepEqual(
        fixture.provider.capabilities,
        subject.capabilities,
        'the capabilities of the provider',
      );
      assert.ok(
        description.agent.installed,
        `the agent is installed: ${description.agent.advice ?? 'no advice'}`,
      );
    },
  },
  {
    name: 'refuses native options that it does not have, where it looks at them before a run',
    async run({ fixture: { provider } }) {
      if (provider.checkNative === undefined) return;
      let thrown: unknown;
      try {
        provider.checkNative({ surely_no_such_option: true });
      } catch (error) {
        thrown = error;
      }
      assert.ok(isAsmError(thrown), 'an error for an option that there is not');
      assert.equal(thrown.code, 'unknown_option', thrown.message);
      provider.checkNative({});
    },
  },
  {
    name: 'says agent_started first, and once',
    async look({ plain }) {
      const run = await plain();
      assert.equal(run.events[0]?.type, 'agent_started', 'the first event');
      const [started, ...more] = run.ofType('agent_started');
      assert.equal(more.length, 0, 'agent_started comes once');
      assert.equal(started?.data.continuity, 'fresh', 'the continuity of a fresh conversation');
    },
  },
  {
    name: 'has one outcome and nothing after it',
    async look({ plain }) {
      const run = await plain();
      assert.equal(run.outcome.status, 'completed', 'the status of the outcome');
      assert.equal(run.hasMore, false, 'there is more after the outcome');
    },
  },
  {
    name: 'gives the whole text, as message and as output',
    async look({ plain }) {
      const run = await plain();
      const messages = run.ofType('message_received').filter((event) => event.data.role === 'assistant');
      assert.deepEqual(
        messages.map((event) => event.data.text),
        [plainText],
        'the messages of the agent',
      );
      assert.equal(run.outcome.output, plainText, 'the output of the outcome');
    },
  },
  {
    name: 'fails with the code of what the model service answered',
    async run(room) {
      for (const { status, code } of room.subject.failures ?? defaultFailures) {
        const run = await room.start([{ fail: status }]);
        const error = await room.failure(run);
        assert.equal(error.code, code, `status ${status}: ${error.message}`);
        await room.nothingLeft(run);
      }
    },
  },
  {
    name: 'does not ask the model when it is cancelled before it starts',
    async run(room) {
      const run = await room.start([{ say: 'Never said.' }], { cancelled: true });
      await room.stopped(run);
      assert.equal(room.fixture.modelCalls(), 0, 'calls of the model');
    },
  },
  {
    name: 'ends with its processes when it is cancelled while the model answers',
    async run(room) {
      const run = await room.start([{ hang: 'I begin to' }]);
      await room.until(() => room.fixture.modelCalls() > 0, 'the call of the model');
      run.host.cancel();
      await room.stopped(run);
    },
  },
  {
    name: 'ends with its processes when its reader leaves',
    async run(room) {
      const fields = await room.fixture.prepare([{ say: 'Nobody listens.' }]);
      const host = createTestHost();
      const request = createRunRequest({ ...fields, cwd: room.fixture.cwd });
      try {
        for await (const _ of room.fixture.provider.run(request, host)) break;
        await room.nothingLeft({ request });
      } finally {
        host.cancel();
        host.end();
      }
    },
  },
];
