import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decideByRules, parseToolRule } from '../../src/domain/tool-rule.ts';
import { permissionModes } from '../../src/domain/tool.ts';
import { decideByMode } from '../../src/manager/permission-decision.ts';
import { shellCapabilities } from '../../src/providers/shell/capabilities.ts';
import { shell } from '../../src/providers/shell/provider.ts';
import { unprovedClaims, type ProviderCase } from '../../src/testing/provider-contract/provider-case.ts';
import { providerCasesFor, runProviderCase } from '../../src/testing/provider-contract/provider-contract.ts';
import type { AgentStep, ProviderSubject } from '../../src/testing/provider-contract/provider-subject.ts';

/** A run of this provider is one command. What an agent would say beside it, it says by a command. */
const subject: ProviderSubject = {
  capabilities: shellCapabilities,
  failures: [],
  async open() {
    const cwd = await mkdtemp(join(tmpdir(), 'asm-shell-'));
    return {
      provider: shell(),
      cwd,
      prepare: ([first]) => ({
        messages: [{ role: 'user', text: commandOf(first) }],
        native: { shell: true },
      }),
      modelCalls: () => 0,
      heard: () => [],
      [Symbol.asyncDispose]: () => rm(cwd, { recursive: true, force: true }),
    };
  },
};

function commandOf(step: AgentStep | undefined): string {
  if (step !== undefined && 'command' in step) return step.command;
  return `echo '${step !== undefined && 'say' in step ? step.say : ''}'`;
}

/** Cases of the contract that need a model, or an agent that goes on after a call that failed. */
const needModel: ReadonlySet<string> = new Set([
  'gives the whole text, as message and as output',
  'ends with its processes when it is cancelled while the model answers',
  'tells a tool call that failed',
  'asks about commands that change nothing, too',
  'does not run a tool that was denied, and goes on',
  'does not run what a rule denies, also inside another shell',
  'stops the turn when it is interrupted while the model answers',
]);

/** The same promises, kept by a run that is one command. */
const ownCases: readonly ProviderCase[] = [
  {
    name: 'fails with a command that failed, and tells its end',
    claims: ['tool_events'],
    async run(room) {
      const run = await room.start([{ command: 'echo in-vain; exit 3' }]);
      const error = await room.failure(run);
      assert.equal(error.code, 'command_failed');
      assert.deepEqual(
        run.ofType('tool_call_failed').map(({ data }) => [data.reason, data.exitCode]),
        [['error', 3]],
      );
    },
  },
  {
    name: 'asks about a command that changes nothing, too',
    claims: ['approval_before_tool'],
    async run(room) {
      const run = await room.start([{ command: 'ls' }]);
      await room.outcome(run);
      assert.deepEqual(
        run.host.questions.map(({ call }) => call.command),
        ['ls'],
      );
    },
  },
  {
    name: 'does not run a command that was denied',
    claims: ['approval_before_tool'],
    async run(room) {
      const command = `touch '${room.file('made')}'`;
      const authorize = () => ({ decision: 'deny', reason: 'Not on a Monday.' }) as const;
      const error = await room.failure(await room.start([{ command }], { authorize }));
      assert.equal(error.code, 'command_denied');
      assert.match(error.message, /Not on a Monday/);
      assert.equal(await room.exists('made'), false);
    },
  },
  {
    name: 'stops its command when it is interrupted',
    claims: ['interrupt'],
    async run(room) {
      const run = await room.start([{ command: `touch '${room.file('begun')}'; sleep 600` }]);
      await room.until(() => room.exists('begun'), 'the begin of the command');
      run.host.interrupt();
      assert.equal((await room.outcome(run)).status, 'interrupted');
      await room.nothingLeft(run);
    },
  },
  ...permissionModes.map((mode): ProviderCase => {
    const runs = mode === 'full_auto' || mode === 'dangerously_skip_permissions';
    return {
      name: `${runs ? 'runs' : 'does not run'} a command in the mode ${mode} when nobody is there to be asked`,
      claims: ['permission_modes'],
      async run(room) {
        const run = await room.start([{ command: `touch '${room.file('touched')}'` }], {
          permissionMode: mode,
          authorize: (call) => {
            const { decision } = decideByMode(mode, call, room.fixture.cwd);
            return decision === 'allow' ? { decision } : { decision: 'deny', reason: `Not in ${mode}.` };
          },
        });
        await run.ended;
        assert.equal(await room.exists('touched'), runs);
      },
    };
  }),
  ...['touch made', 'sh -c "touch made"', 'true && touch made'].map((command): ProviderCase => ({
    name: `does not run what a rule denies: ${command}`,
    claims: ['tool_rules'],
    async run(room) {
      const rule = parseToolRule('bash(touch *)');
      const run = await room.start([{ command }], {
        authorize: (call) => {
          const decided = decideByRules(call, { deny: [rule] }, { cwd: room.fixture.cwd });
          return decided?.decision === 'deny'
            ? { decision: 'deny', reason: decided.reason }
            : { decision: 'allow' };
        },
      });
      assert.equal((await room.failure(run)).code, 'command_denied');
      assert.equal(await room.exists('made'), false);
    },
  })),
];

const cases = [
  ...providerCasesFor(subject).filter(
    ({ name, claims = [] }) => !needModel.has(name) && !claims.includes('permission_modes'),
  ),
  ...ownCases,
];

describe('commands keep the contract of providers', () => {
  it('by cases that prove every claim', () => {
    expect(unprovedClaims(cases, shellCapabilities)).toEqual([]);
    // A case that was renamed would be missed here.
    const names = providerCasesFor(subject).map(({ name }) => name);
    expect([...needModel].filter((name) => !names.includes(name))).toEqual([]);
  });
  for (const providerCase of cases) it(providerCase.name, () => runProviderCase(providerCase, subject));
});
