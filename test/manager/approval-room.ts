import { expect } from 'vitest';
import type { ToolCall } from '../../src/domain/tool.ts';
import type { CommonRunOptions } from '../../src/manager/run-options.ts';
import { createSessionManager, type SessionManager } from '../../src/manager/session-manager.ts';
import type { TestClock } from '../../src/testing/deterministic-clock.ts';
import type { ProviderScript } from '../../src/testing/scripted-provider/script-step.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';
import { checkLog } from './log-check.ts';
import { storeKinds, type StoreKind } from './store-kinds.ts';

export const [memory] = storeKinds as [StoreKind, StoreKind];

/** A call of a shell tool. */
export function callOf(command: string, fields: Partial<ToolCall> = {}): Omit<ToolCall, 'id'> {
  return {
    name: 'Bash',
    tool: 'bash',
    kind: 'execute',
    input: { command, description: 'A title' },
    command,
    remarks: ['description'],
    ...fields,
  };
}

/** A manager whose agent makes these calls, one after the other; `ran` are the inputs that its tool got. */
export async function openApprovalRoom(
  calls: readonly Omit<ToolCall, 'id'>[],
  kind = memory,
  clock?: TestClock,
  { beforeCall }: { readonly beforeCall?: () => Promise<void> } = {},
) {
  const place = kind.place(clock);
  const ran: unknown[] = [];
  const result = (input: unknown) => {
    ran.push(input);
    return { output: '' };
  };
  const before = beforeCall === undefined ? [] : [{ call: beforeCall }];
  const script: ProviderScript = calls.flatMap((tool) => [...before, { tool, result }]);
  const provider = scriptedProvider(script, {
    capabilities: { tool_rules: 'native', changed_tool_input: 'native' },
    ...(clock === undefined ? {} : { clock }),
  });
  const open = async () =>
    await createSessionManager({
      store: await place.open(),
      providers: [provider],
      approvals: {},
      ...(clock === undefined ? {} : { clock }),
      keepOpen: kind === memory,
    });
  const manager = await open();
  const session = await manager.createSession({ cwd: '/tmp' });
  return {
    ran,
    manager,
    session,
    open,
    run: async (options: CommonRunOptions = {}) => await session.run('go', options),
    /** The log of the session, checked. */
    log: async () => await checkLog(await place.open(), session.id),
    async [Symbol.asyncDispose]() {
      await manager.close();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** Waits until so many questions wait, and gives the id of the newest. */
export async function pendingId(manager: SessionManager, count = 1): Promise<string> {
  let id = '';
  await expect
    .poll(
      async () => {
        const { rows } = await manager.approvals.list({ status: ['pending'] });
        id = rows[0]?.id ?? '';
        return rows.length;
      },
      { timeout: 60_000, interval: 10 },
    )
    .toBe(count);
  return id;
}
