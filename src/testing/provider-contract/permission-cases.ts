import assert from 'node:assert/strict';
import { decideByRules, parseToolRule } from '../../domain/tool-rule.ts';
import type { Authorization, PermissionMode, ToolCall } from '../../domain/tool.ts';
import { decideByMode } from '../../manager/permission-decision.ts';
import type { ProviderCase } from './provider-case.ts';
import type { ProviderRoom } from './provider-room.ts';

/** What each mode lets through when nobody is there to be asked. */
const modes: readonly {
  readonly mode: PermissionMode;
  readonly writes: boolean;
  readonly runs: boolean;
}[] = [
  { mode: 'default', writes: false, runs: false },
  { mode: 'accept_edits', writes: true, runs: false },
  { mode: 'plan', writes: false, runs: false },
  { mode: 'full_auto', writes: true, runs: true },
  { mode: 'dangerously_skip_permissions', writes: true, runs: true },
];

function byMode(mode: PermissionMode, cwd: string): (call: ToolCall) => Authorization {
  return (call) => {
    const { decision } = decideByMode(mode, call, cwd);
    return decision === 'allow' ? { decision } : { decision: 'deny', reason: `Not in ${mode}.` };
  };
}

async function tryAll(room: ProviderRoom, mode: PermissionMode): Promise<void> {
  const run = await room.start(
    [
      { write: room.file('written'), content: 'by the tool for files' },
      { command: `touch '${room.file('touched')}'` },
      { say: 'I tried.' },
    ],
    { permissionMode: mode, authorize: byMode(mode, room.fixture.cwd) },
  );
  await room.outcome(run);
}

/** The permission modes, and rules about tools. */
export const permissionCases: readonly ProviderCase[] = [
  ...modes.map(({ mode, writes, runs }): ProviderCase => ({
    name: `lets ${writes ? (runs ? 'everything' : 'edits') : 'no change'} through in the mode ${mode}`,
    claims: ['permission_modes', 'tool_events'],
    async run(room) {
      await tryAll(room, mode);
      assert.equal(await room.exists('written'), writes, 'the file of the tool for files');
      assert.equal(await room.exists('touched'), runs, 'the file of the shell command');
    },
  })),
  {
    name: 'does not run what a rule denies, also inside another shell',
    claims: ['tool_rules'],
    async run(room) {
      const rule = parseToolRule('bash(touch *)');
      const { cwd } = room.fixture;
      const authorize = (call: ToolCall): Authorization => {
        const byRule = decideByRules(call, { deny: [rule] }, { cwd });
        return byRule?.decision === 'deny'
          ? { decision: 'deny', reason: byRule.reason }
          : { decision: 'allow' };
      };
      const run = await room.start(
        [
          { command: `touch '${room.file('plain')}'` },
          { command: `sh -c "touch '${room.file('wrapped')}'"` },
          { command: `true && touch '${room.file('second')}'` },
          { say: 'I tried.' },
        ],
        { authorize },
      );
      await room.outcome(run);
      for (const name of ['plain', 'wrapped', 'second']) assert.equal(await room.exists(name), false, name);
    },
  },
];
