import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { isSupported } from '../../domain/capability.ts';
import { timeSortedIds } from '../../domain/id.ts';
import type { ResumeRequest, RunOutcome, RunRequest } from '../../ports/provider.ts';
import type { SteeringAnswer } from '../test-host.ts';
import type { ProviderCase } from './provider-case.ts';
import { plainQuestion, plainRecord, plainSteering } from './plain-run.ts';
import type { CaseRun, ProviderRoom } from './provider-room.ts';

function resumeAfter(
  outcome: RunOutcome,
  run: { readonly request: RunRequest },
  fork = false,
): ResumeRequest {
  assert.ok(outcome.handle, 'the outcome has a handle by which the conversation is found again');
  return { handle: { ...outcome.handle, runId: run.request.runId }, fork };
}

function heardOf(room: ProviderRoom, text: string): boolean {
  return room.fixture.heard().some((heard) => heard.includes(text));
}

async function firstRun(room: ProviderRoom): Promise<ResumeRequest> {
  const first = await room.start([{ say: 'I keep the green lantern in mind.' }], {
    text: 'Remember the red kite.',
  });
  return resumeAfter(await room.outcome(first), first);
}

/** A run that is to go on with a conversation of which the agent has never heard. */
async function resumeUnknown(room: ProviderRoom, id: string): Promise<CaseRun> {
  const handle = { id, runId: timeSortedIds('run') };
  return await room.start([{ say: 'Never said.' }], { resume: { handle, fork: false } });
}

/** Interrupts, steering, and conversations that go on. */
export const conversationCases: readonly ProviderCase[] = [
  {
    name: 'stops the turn when it is interrupted while the model answers',
    claims: ['interrupt'],
    async run(room) {
      const run = await room.start([{ hang: 'A long story begins' }]);
      await room.until(() => room.fixture.modelCalls() > 0, 'the call of the model');
      run.host.interrupt();
      const outcome = await room.outcome(run);
      assert.equal(outcome.status, 'interrupted');
      await room.nothingLeft(run);
    },
  },
  {
    name: 'keeps the conversation when it is interrupted while a tool runs',
    claims: ['interrupt', 'native_resume', 'tool_events'],
    async run(room) {
      const command = `touch '${room.file('begun')}'; sleep 600`;
      const run = await room.start([{ command }, { say: 'Never.' }], { text: 'Mind the red kite.' });
      await room.until(() => room.exists('begun'), 'the begin of the tool');
      run.host.interrupt();
      const outcome = await room.outcome(run);
      assert.equal(outcome.status, 'interrupted');
      await room.nothingLeft(run);
      const next = await room.start([{ say: 'Here again.' }], {
        resume: resumeAfter(outcome, run),
        text: 'Go on.',
      });
      assert.equal((await room.outcome(next)).output, 'Here again.');
      assert.ok(heardOf(room, 'Mind the red kite.'), 'the model knows what was said before the interrupt');
    },
  },
  {
    name: 'tells the model what is said while it works',
    claims: ['steer', 'tool_events'],
    async run(room) {
      const command = `touch '${room.file('begun')}'; while [ ! -e '${room.file('go')}' ]; do sleep 0.05; done`;
      const run = await room.start([{ command }, { say: 'Noted.' }, { say: 'Noted as well.' }]);
      await room.until(() => room.exists('begun'), 'the begin of the tool');
      let answer: SteeringAnswer | undefined;
      void run.host.steer('Prefer the yellow door.').then((given) => (answer = given));
      // An agent may take the message in only with the tool's result, so the answer can't be waited for before.
      await writeFile(room.file('go'), '');
      await room.until(() => answer !== undefined, 'the answer to the message');
      assert.deepEqual(answer, { as: 'accepted' }, 'the answer to the message');
      await room.outcome(run);
      assert.ok(heardOf(room, 'Prefer the yellow door.'), 'the model heard the message');
    },
  },
  {
    name: 'refuses messages while it works',
    refuses: 'steer',
    async look({ plain }) {
      const { steering, heard } = await plain();
      assert.equal(steering?.as, 'refused', 'the answer to the message');
      assert.ok(!heard.some((text) => text.includes(plainSteering)), 'the model heard nothing of it');
    },
  },
  {
    name: 'takes what went before as text, in front of the task',
    claims: ['transcript_replay'],
    async look({ plain }) {
      const { heard } = await plain();
      for (const text of [plainRecord, plainQuestion]) {
        assert.ok(
          heard.some((one) => one.includes(text)),
          `the model heard: ${text}`,
        );
      }
    },
  },
  {
    name: 'goes on with a conversation by its handle',
    claims: ['native_resume'],
    async run(room) {
      const resume = await firstRun(room);
      // What is asked of the run counts in an earlier conversation, too.
      const systemPrompt = 'From now on you speak of the grey owl.';
      const takesPrompt = isSupported(room.subject.capabilities, 'system_prompt');
      const second = await room.start([{ say: 'The red kite.' }], {
        ...{ resume, text: 'What was it?' },
        ...(takesPrompt ? { systemPrompt } : {}),
      });
      await room.outcome(second);
      assert.equal(second.ofType('agent_started')[0]?.data.continuity, 'native', 'the continuity');
      const texts = ['Remember the red kite.', 'I keep the green lantern in mind.', 'What was it?'];
      for (const text of takesPrompt ? [...texts, systemPrompt] : texts) {
        assert.ok(heardOf(room, text), `the model heard: ${text}`);
      }
    },
  },
  {
    name: 'refuses an unknown handle before it asks the model',
    claims: ['native_resume'],
    async run(room) {
      const error = await room.failure(await resumeUnknown(room, '99999999-2222-4333-8444-555555555555'));
      assert.equal(error.code, 'resume_failed', error.message);
      assert.equal(room.fixture.modelCalls(), 0, 'calls of the model');
    },
  },
  {
    name: 'refuses to resume before it asks the model',
    refuses: 'native_resume',
    async run(room) {
      const error = await room.failure(await resumeUnknown(room, 'any'));
      assert.ok(
        ['resume_failed', 'capability_not_supported'].includes(error.code),
        `${error.code}: ${error.message}`,
      );
      assert.equal(room.fixture.modelCalls(), 0, 'calls of the model');
    },
  },
  {
    name: 'branches a conversation off and leaves the original as it was',
    claims: ['native_resume', 'fork'],
    async run(room) {
      const resume = await firstRun(room);
      const branch = await room.start([{ say: 'On the branch.' }], {
        resume: { ...resume, fork: true },
        text: 'Only the branch knows the white owl.',
      });
      const outcome = await room.outcome(branch);
      assert.notEqual(outcome.handle?.id, resume.handle.id, 'the handle of the branch');
      assert.ok(heardOf(room, 'Remember the red kite.'), 'the branch knows the history');
      await room.outcome(await room.start([{ say: 'On the trunk.' }], { resume, text: 'And you?' }));
      assert.ok(heardOf(room, 'Remember the red kite.'), 'the original knows the history');
      assert.ok(!heardOf(room, 'white owl'), 'the original knows nothing of the branch');
    },
  },
];
