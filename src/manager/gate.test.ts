import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkLog } from '../../test/manager/log-check.ts';
import { temporaryFolder } from '../../test/manager/store-kinds.ts';
import type { Capabilities } from '../domain/capability.ts';
import type { GivenToolRules } from '../domain/tool-rule.ts';
import type { Decider, PermissionMode, ToolCall, ToolKind } from '../domain/tool.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { AuthorizeRequest } from './gate.ts';
import type { CommonRunOptions } from './run-options.ts';
import { createSessionManager } from './session-manager.ts';

const cwd = '/tmp';

function callOf(kind: ToolKind, path?: string): Omit<ToolCall, 'id'> {
  const call = { name: kind, tool: kind, kind, input: {} };
  return path === undefined ? call : { ...call, paths: [path] };
}

/** What became of one call: the decision in the log, what the caller was asked, and whether the tool ran. */
async function decide(
  tool: Omit<ToolCall, 'id'>,
  options: CommonRunOptions,
  { changed_tool_input = 'native' }: Pick<Partial<Capabilities>, 'changed_tool_input'> = {},
) {
  const store = memoryStore();
  const inputs: unknown[] = [];
  const result = (input: unknown) => {
    inputs.push(input);
    return { output: '' };
  };
  const provider = scriptedProvider([{ tool, result }], {
    capabilities: { tool_rules: 'native', changed_tool_input },
  });
  await using manager = await createSessionManager({ store, providers: [provider] });
  const session = await manager.createSession({ cwd });
  const run = await session.run('go', options);
  expect((await run.result).status).toBe('completed');
  const { events } = await checkLog(store, session.id);
  const decided = events.filter((event) => event.type === 'tool_call_decided').map((event) => event.data);
  expect(decided).toHaveLength(1);
  expect(inputs).toHaveLength(decided[0]?.decision === 'allow' ? 1 : 0);
  return { decided: decided[0], inputs };
}

describe('without anybody to ask', () => {
  const inside = callOf('edit', 'file.txt');
  const outside = callOf('edit', '../etc/passwd');
  const decisions: readonly (readonly [PermissionMode, Omit<ToolCall, 'id'>, 'allow' | 'deny', Decider])[] = [
    ['default', callOf('read'), 'allow', 'mode'],
    ['default', inside, 'deny', 'default'],
    ['default', callOf('execute'), 'deny', 'default'],
    ['default', callOf('other'), 'deny', 'default'],
    ['accept_edits', inside, 'allow', 'mode'],
    ['accept_edits', outside, 'deny', 'default'],
    ['accept_edits', callOf('edit'), 'deny', 'default'],
    ['accept_edits', callOf('execute'), 'deny', 'default'],
    ['plan', callOf('fetch'), 'allow', 'mode'],
    ['plan', inside, 'deny', 'mode'],
    ['plan', callOf('plan'), 'deny', 'default'],
    ['full_auto', callOf('execute'), 'allow', 'mode'],
    ['full_auto', inside, 'allow', 'mode'],
    ['full_auto', outside, 'deny', 'default'],
    ['full_auto', callOf('question'), 'deny', 'default'],
    ['dangerously_skip_permissions', outside, 'allow', 'mode'],
    ['dangerously_skip_permissions', callOf('other'), 'allow', 'mode'],
  ];
  it.each(decisions.map(([mode, tool, decision, by]) => ({ mode, tool, kind: tool.kind, decision, by })))(
    '$mode and a call of kind $kind: $decision by $by',
    async ({ mode, tool, decision, by }) => {
      expect((await decide(tool, { permissionMode: mode })).decided).toMatchObject({ decision, by });
    },
  );
});

describe('rules', () => {
  const rules: GivenToolRules = {
    deny: ['fetch'],
    ask: [{ tool: 'read' }],
    allow: [{ tool: 'execute' }, { tool: 'edit' }, { tool: 'fetch' }],
  };
  it.each([
    ['deny before anybody is asked', callOf('fetch'), 'full_auto', { decision: 'deny', by: 'rule' }, []],
    [
      'allow what the mode would ask about',
      callOf('execute'),
      'default',
      { decision: 'allow', by: 'caller' },
      ['allow'],
    ],
    [
      'ask about what the mode would allow',
      callOf('read'),
      'default',
      { decision: 'allow', by: 'caller' },
      ['ask'],
    ],
    ['do not open what the mode keeps shut', callOf('edit'), 'plan', { decision: 'deny', by: 'mode' }, []],
    [
      'ask also where the mode skips permissions',
      callOf('read'),
      'dangerously_skip_permissions',
      { decision: 'allow', by: 'caller' },
      ['ask'],
    ],
    [
      'that allow ask nobody where the mode skips permissions',
      callOf('execute'),
      'dangerously_skip_permissions',
      { decision: 'allow', by: 'rule' },
      [],
    ],
  ] as const)('%s', async (_what, tool, permissionMode, expected, proposals) => {
    const asked: string[] = [];
    const authorize = ({ proposed }: AuthorizeRequest) => {
      asked.push(proposed);
      return { decision: 'allow' } as const;
    };
    const { decided } = await decide(tool, { permissionMode, rules, authorize });
    expect(decided).toMatchObject(expected);
    expect(asked).toEqual(proposals);
  });
});

describe('a caller', () => {
  it('may change the input that the tool gets', async () => {
    const changedInput = { command: 'ls -l' };
    const { decided, inputs } = await decide(callOf('execute'), {
      authorize: async () => ({ decision: 'allow', changedInput }),
    });
    expect(decided).toMatchObject({ decision: 'allow', by: 'caller', changedInput });
    expect(inputs).toEqual([changedInput]);
  });

  it('may give the input as it was, or with a change be told in the log that the agent can not have it', async () => {
    const unsupported = { changed_tool_input: 'unsupported' } as const;
    const tool = { ...callOf('execute'), input: { command: 'ls' } };
    const same = await decide(
      tool,
      { authorize: ({ input }) => ({ decision: 'allow', changedInput: { ...input } }) },
      unsupported,
    );
    expect(same.decided).not.toHaveProperty('changedInput');
    expect(same.inputs).toEqual([tool.input]);
    const other = await decide(
      tool,
      { authorize: () => ({ decision: 'allow', changedInput: { command: 'ls -l' } }) },
      unsupported,
    );
    expect(other.decided).toMatchObject({
      decision: 'deny',
      by: 'caller',
      reason: "It was allowed with another input, which scripted can't take over.",
    });
  });

  it('lets nothing through that a rule forbids by the time of the answer', async () => {
    using folder = temporaryFolder();
    const { decided } = await decide(callOf('edit', 'later/file'), {
      cwd: folder.path,
      rules: { deny: [{ tool: '*', outside: '.' }] },
      authorize: () => {
        symlinkSync('/var', join(folder.path, 'later'));
        return { decision: 'allow' };
      },
    });
    expect(decided).toMatchObject({ decision: 'deny', by: 'rule' });
  });

  it('is asked once about one call, however often its agent asks', async () => {
    let asked = 0;
    const store = memoryStore();
    const provider = scriptedProvider([
      {
        call: async ({ host }) => {
          const call = { ...callOf('execute'), id: 'call' };
          const answers = await Promise.all([
            host.authorize(call, { signal: host.signal }),
            host.authorize(call, { signal: host.signal }),
          ]);
          expect(answers[0]).toEqual(answers[1]);
          expect(await host.authorize(call, { signal: host.signal })).toEqual(answers[0]);
        },
      },
    ]);
    await using manager = await createSessionManager({ store, providers: [provider] });
    const session = await manager.createSession();
    const run = await session.run('go', {
      authorize: () => {
        asked++;
        return { decision: 'deny', reason: 'no' };
      },
    });
    expect((await run.result).status).toBe('completed');
    expect(asked).toBe(1);
    const { events } = await checkLog(store, session.id);
    expect(events.filter((event) => event.type === 'tool_call_started')).toHaveLength(1);
    expect(events.filter((event) => event.type === 'tool_call_decided')).toHaveLength(1);
  });
});
