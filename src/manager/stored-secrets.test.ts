import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect, waitForEvent } from '../../test/manager/log-check.ts';
import { temporaryFolder } from '../../test/manager/store-kinds.ts';
import { AsmError } from '../domain/error.ts';
import { tokenUsage } from '../domain/usage.ts';
import type { Provider } from '../ports/provider.ts';
import { sqliteStore } from '../stores/sqlite/sqlite-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { ScriptStep } from '../testing/scripted-provider/script-step.ts';
import type { DeltaPolicy } from './delta-joiner.ts';
import { createSessionManager } from './session-manager.ts';

/** Secrets of which each stands in one place, so that one that is found says where it came from. */
function secretsByPlace() {
  const bodies = new Map<string, string>();
  return {
    secret(place: string): string {
      const body = createHash('sha512')
        .update(place)
        .digest('base64url')
        .replaceAll(/[-_]/g, 'x')
        .slice(0, 80);
      bodies.set(place, body);
      return `sk-ant-api03-${body}`;
    },
    /** The places of which the secret, or a good part of it, is in the bytes. */
    foundIn(bytes: Buffer): readonly string[] {
      return [...bodies].filter(([, body]) => hasPartOf(bytes, body)).map(([place]) => place);
    },
    count: () => bodies.size,
  };
}

/** Parts are looked for since a secret may be stored in pieces. */
function hasPartOf(bytes: Buffer, body: string): boolean {
  for (let start = 0; start + 10 <= body.length; start += 10) {
    if (bytes.includes(body.slice(start, start + 10))) return true;
  }
  return false;
}

function everyByte(folder: string): Buffer {
  return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
}

describe('what is in the file', () => {
  const policies: readonly DeltaPolicy[] = ['each', 'off', { windowMs: 5 }];
  it.each(policies)('holds no secret, wherever it was, with deltas %j', async (deltas) => {
    using folder = temporaryFolder();
    const { secret, foundIn, count } = secretsByPlace();
    const tool = { name: 'Bash', tool: 'bash', kind: 'execute', command: 'ls' } as const;
    const split = (text: string): { readonly stream: 'stdout'; readonly text: string }[] =>
      [...text].map((character) => ({ stream: 'stdout', text: character }));
    const script: readonly ScriptStep[] = [
      { say: `a message ${secret('message')} in pieces`, chunks: 200 },
      { say: secret('whole message'), chunks: 0 },
      { reason: `I think ${secret('reasoning')}`, chunks: 50 },
      {
        tool: { ...tool, input: { command: `echo ${secret('tool input')}`, [secret('tool input key')]: 1 } },
        output: split(`out ${secret('tool output')}\n`),
        result: { output: { stdout: secret('tool result'), lines: [secret('list in tool result')] } },
      },
      { tool: { ...tool, input: {} }, result: () => Promise.reject(new Error(secret('tool error'))) },
      { tool: { ...tool, input: { deny: true } } },
      { emit: { type: 'warning_raised', data: { code: 'x', message: secret('warning') } } },
      { emit: { type: 'unparsed', data: { raw: { deep: [{ er: secret('unparsed') }] } } } },
      { emit: { type: 'plan_updated', data: { steps: [{ text: secret('plan'), status: 'pending' }] } } },
      { emit: { type: 'file_changed', data: { path: 'x', change: 'modified', diff: `+${secret('diff')}` } } },
      { emit: { type: 'turn_completed', data: { stopReason: secret('stop reason of a turn') } } },
      {
        emit: {
          type: 'message_received',
          data: { messageId: 'output', role: 'assistant', text: secret('output') },
        },
      },
      { awaitSteering: true },
      {
        fail: new AsmError('agent_failed', secret('error'), {
          details: { why: secret('error details') },
          provider: { provider: 'scripted', kind: 'x', stderr: `oops ${secret('standard error')}` },
        }),
      },
    ];
    const provider = scriptedProvider(script, { capabilities: { system_prompt: 'native' } });
    const store = await sqliteStore(join(folder.path, 'sessions.db'));
    const manager = await createSessionManager({ store, providers: [provider], deltas });
    const session = await manager.createSession({
      title: secret('title'),
      systemPrompt: secret('system prompt'),
      tags: [secret('tag')],
      metadata: { deep: { list: [secret('metadata')] }, [secret('metadata key')]: 'x' },
    });
    const run = await session.run(
      [
        { role: 'user', text: 'go' },
        { role: 'user', text: secret('input') },
      ],
      {
        permissionMode: 'full_auto',
        key: secret('key'),
        systemPrompt: secret('system prompt of the run'),
        environment: { set: { KEY: secret('environment') } },
        authorize: (call) => {
          if (call.input['deny'] === true) return { decision: 'deny', reason: secret('reason') };
          if (Object.keys(call.input).length === 0) throw new Error(secret('thrown by authorize'));
          return { decision: 'allow', changedInput: { command: secret('changed input') } };
        },
      },
    );
    const reading = collect(session.follow());
    if (deltas !== 'off') await waitForEvent(run, 'message_streamed');
    await run.steer(`and ${secret('steering')}`);
    const result = await run.result;
    expect(result.status).toBe('failed');
    const other = scriptedProvider([], {
      name: 'other',
      capabilities: { system_prompt: 'native' },
      misbehaviour: { outcome: { value: { status: 'completed', stopReason: secret('stop reason') } } },
    });
    expect((await (await session.run('go', { provider: other })).result).status).toBe('completed');
    const later = { continuity: 'fresh', model: secret('model told later') } as const;
    const usage = tokenUsage({ inputTokens: 7 });
    const byModel = { [secret('model of which the price is unknown')]: usage };
    const named = scriptedProvider(
      [
        { emit: { type: 'agent_started', data: later } },
        { emit: { type: 'token_usage_updated', data: { usage, byModel } } },
      ],
      { name: 'strange', capabilities: { system_prompt: 'native' } },
    );
    const strange: Provider = {
      ...named,
      async *run(request, host) {
        const model = secret('model');
        const run = named.run(request, host);
        for (let next = await run.next(); ; next = await run.next()) {
          if (next.done === true) return next.value;
          const { value } = next;
          yield value.type === 'agent_started' ? { ...value, data: { ...value.data, model } } : value;
        }
      },
    };
    expect((await (await session.run('go', { provider: strange })).result).status).toBe('completed');
    const pending = await manager.startRun(session.id, secret('pending input'));
    await (await manager.getRun(pending.id)).cancel(secret('cancel reason'));
    await session.fail(new AsmError('agent_failed', secret('session error')));
    const read = JSON.stringify([result, await reading, await session.runs(), await session.read()]);
    expect(foundIn(Buffer.from(read))).toEqual([]);
    // Once while the last commits are still in the write-ahead log, and once in the file alone.
    expect(foundIn(everyByte(folder.path))).toEqual([]);
    await manager.close();
    expect(foundIn(everyByte(folder.path))).toEqual([]);
    expect(count()).toBeGreaterThan(25);
    // And it is not for want of storing anything.
    expect(everyByte(folder.path).includes('[REDACTED:')).toBe(true);
  });

  it('holds no part of one that stands where a long text is cut', async () => {
    using folder = temporaryFolder();
    const { secret, foundIn } = secretsByPlace();
    // A token of which the half is not recognised as one.
    const at = (limit: number, place: string): string => {
      const token = secret(place).replace('sk-ant-api03-', 'ghp_').slice(0, 40);
      return `${'long '.repeat(limit).slice(0, limit - 30)} ${token} `;
    };
    const store = await sqliteStore(join(folder.path, 'sessions.db'));
    const output = at(65_536, 'output') + 'and on '.repeat(100);
    const message = at(262_144, 'message') + 'and on '.repeat(200_000);
    await using manager = await createSessionManager({
      store,
      providers: [
        scriptedProvider([
          { say: message, chunks: 0 },
          { say: output, chunks: 0 },
        ]),
      ],
    });
    const result = await manager.runOnce(at(262_144, 'input') + 'and on '.repeat(200_000));
    expect(result.output).toContain('[cut: ');
    expect(foundIn(everyByte(folder.path))).toEqual([]);
  });

  it('holds them when redaction is switched off', async () => {
    using folder = temporaryFolder();
    const { secret, foundIn } = secretsByPlace();
    const store = await sqliteStore(join(folder.path, 'sessions.db'));
    await using manager = await createSessionManager({
      store,
      providers: [scriptedProvider([{ say: secret('message') }])],
      redaction: false,
    });
    await manager.runOnce(secret('input'));
    expect(foundIn(everyByte(folder.path))).toEqual(['message', 'input']);
  });
});
