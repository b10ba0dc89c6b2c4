import assert from 'node:assert/strict';

import type { ApprovalQuery, RowPage } from '../../ports/session-store.ts';
import { assertDeeplyFrozen, rejects } from './expectation.ts';
import {
  addApproval,
  addRun,
  addSession,
  append,
  approvalId,
  runId,
  sampleApproval,
  sampleEvent,
  sampleTime,
} from './sample-rows.ts';
import type { StoreCase } from './store-case.ts';

/** Questions to people, as rows beside their session's log. */
export const approvalCases: readonly StoreCase[] = [
  {
    name: 'approvals: are given back as they were created, deeply frozen, and change with what they go with',
    async run(room) {
      const store = await room.open();
      const session = await addSession(store, 'a');
      const run = await addRun(store, session, 'r', { status: 'running' });
      const create = sampleApproval(approvalId('x'), session, run, {
        call: {
          id: 'c1',
          name: 'Write',
          tool: 'write',
          kind: 'edit',
          input: JSON.parse('{"file_path":"ä\\u0000","__proto__":{"x":[1,null]}}'),
          paths: ['ä'],
          lineage: { agentId: 'sub' },
        },
        partial: true,
      });
      await store.commit({
        sessionId: session,
        runs: [{ id: run, expectedVersion: 1, set: { waitingFor: 'approval' } }],
        approvals: [{ create }],
        events: [sampleEvent('asked')],
      });
      const stored = await store.approval(create.id);
      assert.deepEqual(stored, create);
      assertDeeplyFrozen(stored, 'approval');
      assert.equal((await store.run(run))?.waitingFor, 'approval');
      assert.equal(await store.approval(approvalId('nobody')), undefined);
    },
  },
  {
    name: 'approvals: each change raises the version by 1 and leaves other fields alone',
    async run(room) {
      const store = await room.open();
      const session = await addSession(store, 'a');
      const run = await addRun(store, session, 'r');
      const id = await addApproval(store, session, run, 'x', { decidedBy: 'me' });
      await store.commit({
        sessionId: session,
        approvals: [
          { id, expectedVersion: 1, set: { status: 'expired', decidedAt: 9, decidedBy: undefined } },
        ],
        events: [],
      });
      assert.deepEqual(
        await store.approval(id),
        sampleApproval(id, session, run, { status: 'expired', decidedAt: 9, version: 2 }),
      );
      await append(store, session, 'x');
      assert.equal((await store.approval(id))?.version, 2, 'events leave the version alone');
    },
  },
  {
    name: 'approvals: of two answers the first is taken and the second is a conflict',
    async run(room) {
      const store = await room.open();
      const session = await addSession(store, 'a');
      const run = await addRun(store, session, 'r');
      const id = await addApproval(store, session, run, 'x');
      const answer = (decidedBy: string): Promise<unknown> =>
        store.commit({
          sessionId: session,
          approvals: [
            { id, expectedVersion: 1, set: { status: 'granted', decision: { as: 'allow' }, decidedBy } },
          ],
          events: [sampleEvent(decidedBy)],
        });
      const answers = await Promise.allSettled(['one', 'two', 'three'].map(answer));
      assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1);
      await rejects(answer('late'), 'conflict', 'an answer to what was answered');
      const stored = await store.approval(id);
      const { events } = await store.events({ sessionId: session, after: 1 });
      assert.equal(events.length, 1, 'the refused answers left no event');
      assert.ok(events[0]?.payload.includes(stored?.decidedBy ?? 'nobody'));
    },
  },
  {
    name: 'approvals: a change that is refused leaves rows and events as they were',
    async run(room) {
      const store = await room.open();
      const [session, other] = [await addSession(store, 'a'), await addSession(store, 'b')];
      const run = await addRun(store, session, 'r');
      const id = await addApproval(store, session, run, 'x');
      const create = sampleApproval(id, session, run);
      const spend = { id, expectedVersion: 1, set: { spentAt: 1 } };
      const fresh = sampleApproval(approvalId('y'), session, run);
      const attempts = [
        [{ sessionId: session, approvals: [{ create }], events: [] }, 'already_exists'],
        [{ sessionId: session, approvals: [spend, spend], events: [] }, 'invalid_input'],
        [{ sessionId: other, approvals: [spend], events: [] }, 'invalid_input'],
        [{ sessionId: other, approvals: [{ create: fresh }], events: [] }, 'invalid_input'],
        [
          { sessionId: session, approvals: [{ ...spend, id: approvalId('nobody') }], events: [] },
          'approval_not_found',
        ],
        [
          { sessionId: session, approvals: [{ ...spend, set: { key: undefined } }], events: [] },
          'invalid_input',
        ],
        [
          { sessionId: session, approvals: [spend, { create: { ...fresh, version: 2 } }], events: [] },
          'invalid_input',
        ],
        [
          {
            sessionId: session,
            lease: { runId: run, token: 7 },
            approvals: [spend],
            events: [sampleEvent('no')],
          },
          'lease_lost',
        ],
        [
          {
            sessionId: session,
            approvals: [spend, { ...spend, id: approvalId('nobody') }],
            events: [sampleEvent('no')],
          },
          'approval_not_found',
        ],
      ] as const;
      for (const [change, code] of attempts)
        await rejects(store.commit(change), code, JSON.stringify(change));
      assert.equal((await store.approval(id))?.version, 1);
      assert.equal((await store.events({ sessionId: session })).latestSeq, 1);
    },
  },
  {
    name: 'approvals: are listed by session, run, status and what lasts, newest first, page by page',
    async run(room) {
      const store = await room.open();
      const [a, b] = [await addSession(store, 'a'), await addSession(store, 'b')];
      const [first, second, third] = [
        await addRun(store, a, 'r1'),
        await addRun(store, a, 'r2'),
        await addRun(store, b, 'r3'),
      ];
      const rule = { tool: 'bash' };
      const made = [
        [a, first, { status: 'pending' }],
        [a, first, { status: 'granted', decision: { as: 'allow' } }],
        [a, second, { status: 'granted', decision: { as: 'allow_session' } }],
        [b, third, { status: 'granted', decision: { as: 'allow_pattern', rule, until: 9 } }],
        [b, third, { status: 'denied', decision: { as: 'deny' } }],
        [a, second, { status: 'pending' }],
      ] as const;
      for (const [index, [session, run, fields]] of made.entries()) {
        const createdAt = sampleTime + Math.floor(index / 2);
        await addApproval(store, session, run, `x${index}`, { ...fields, createdAt });
      }
      const ids = async (query: ApprovalQuery): Promise<readonly string[]> => {
        const found: string[] = [];
        for (let cursor: string | undefined; ;) {
          const page: RowPage<{ readonly id: string }> = await store.approvals({
            limit: 2,
            ...query,
            ...(cursor === undefined ? {} : { cursor }),
          });
          assertDeeplyFrozen(page.rows, 'approvals');
          found.push(...page.rows.map((row) => row.id.slice(-1)));
          if (page.nextCursor === undefined) return found;
          cursor = page.nextCursor;
        }
      };
      assert.deepEqual(await ids({}), ['5', '4', '3', '2', '1', '0']);
      assert.deepEqual(await ids({ status: ['pending'] }), ['5', '0']);
      assert.deepEqual(await ids({ status: [] }), []);
      assert.deepEqual(await ids({ sessionId: a }), ['5', '2', '1', '0']);
      assert.deepEqual(await ids({ runId: third }), ['4', '3']);
      assert.deepEqual(await ids({ runId: runId('nobody') }), []);
      assert.deepEqual(await ids({ lasting: true }), ['3', '2']);
      assert.deepEqual(await ids({ lasting: true, sessionId: a }), ['2']);
      await store.commit({
        sessionId: a,
        approvals: [
          {
            id: approvalId('x0'),
            expectedVersion: 1,
            set: { status: 'granted', decision: { as: 'allow_session' } },
          },
        ],
        events: [],
      });
      assert.deepEqual(await ids({ lasting: true, sessionId: a }), ['2', '0'], 'found by what it is now');
      assert.deepEqual(await ids({ status: ['pending'] }), ['5']);
      await store.commit({
        sessionId: a,
        approvals: [{ id: approvalId('x0'), expectedVersion: 2, set: { revokedAt: sampleTime } }],
        events: [],
      });
      assert.deepEqual(await ids({ lasting: true, sessionId: a }), ['2'], 'not once it was revoked');
      const foreign = (await store.runs({ limit: 1 })).nextCursor;
      assert.ok(foreign !== undefined);
      await rejects(store.approvals({ cursor: foreign }), 'invalid_cursor', 'cursor of runs');
      await rejects(store.approvals({ limit: 0 }), 'invalid_input', 'limit 0');
    },
  },
];
