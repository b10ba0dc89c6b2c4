// What Codex has of its own: the events of a run with its usage, one server for several runs, a conversation that goes
// on and branches, structured output, and the gate before each call. `--section <name>` runs one part.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSessionManager, type AuthorizeRequest } from '../src/index.ts';
import { codex } from '../src/providers/codex/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { codexEnvironment, startModelServer } from '../src/testing/index.ts';

const { values } = parseArgs({
  strict: false,
  options: { section: { type: 'string' }, offline: { type: 'boolean', default: false } },
});
const scratch = await mkdtemp(join(tmpdir(), 'asm-example-'));
const cwd = join(scratch, 'work');
await mkdir(cwd);
const model = values.offline === true ? await startModelServer() : undefined;
const environment = model === undefined ? undefined : { set: codexEnvironment(model, { home: scratch }) };
const runOptions = { cwd, ...(environment === undefined ? {} : { environment }) };
console.log(`# codex-direct (codex, ${model === undefined ? 'your own sign-in' : 'scripted model'})`);

async function section(name: string, work: () => Promise<void>): Promise<void> {
  if (values.section !== undefined && values.section !== name) return;
  console.log(`## ${name}`);
  await work();
}

/** A call of Codex's tool for shell commands, as its model makes it. */
const shell = (cmd: string) => ({ name: 'exec_command', input: { cmd } });

try {
  await using provider = codex({ shareServer: true });
  await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });

  await section('events', async () => {
    model?.setScript([
      { thinking: 'A look will do.', text: 'I look.', tools: [shell('echo hello')] },
      { text: 'It said hello.' },
    ]);
    const session = await manager.createSession({ provider: 'codex' });
    const run = await session.run('Run `echo hello` and say what it printed.', {
      ...runOptions,
      authorize: () => ({ decision: 'allow' }),
    });
    const counts: Record<string, number> = {};
    for await (const event of run) counts[event.type] = (counts[event.type] ?? 0) + 1;
    const result = await run.result;
    console.table(counts);
    assert.ok(result.status === 'completed');
    console.log(result.output, result.usage);
    assert.ok(counts['message_streamed'] !== undefined && counts['tool_call_completed'] === 1);
    assert.ok(result.usage.inputTokens > 0);
  });

  await section('parallel', async () => {
    model?.setScript(() => ({ text: 'Four.' }));
    const words = ['two', 'three', 'four'];
    const results = await Promise.all(
      words.map((word) => manager.runOnce(`What is ${word} and ${word}? One word.`, { ...runOptions })),
    );
    console.log(`${results.length} runs on one app-server`);
    assert.ok(results.every((result) => result.status === 'completed'));
  });

  await section('fork', async () => {
    model?.setScript([{ text: 'Noted.' }, { text: 'It was indigo.' }]);
    const session = await manager.createSession({ provider: 'codex' });
    const first = await session.run('Remember the colour indigo.', runOptions);
    assert.equal((await first.result).status, 'completed');
    const fork = await session.fork();
    const result = await (await fork.run('Which colour?', runOptions)).result;
    assert.ok(result.status === 'completed');
    assert.match(result.output, /indigo/);
    const [mine, theirs] = [(await session.read()).agents['codex'], (await fork.read()).agents['codex']];
    assert.ok(mine && theirs && mine.id !== theirs.id, 'the fork is a conversation of its own');
    console.log(`${mine.id} -> ${theirs.id}`);
    if (model === undefined) return;
    const records = await readdir(join(scratch, '.codex', 'sessions'), { recursive: true });
    const recorded = records.filter((name) => name.endsWith('.jsonl'));
    console.log(`Codex recorded ${recorded.length} conversations`);
    assert.ok(recorded.some((name) => name.includes(theirs.id)));
  });

  await section('options', async () => {
    model?.setScript([{ text: 'Fine.' }]);
    const result = await manager.runOnce('Say one word.', {
      ...runOptions,
      provider,
      native: { reasoningEffort: 'high', reasoningSummary: 'auto' },
    });
    assert.equal(result.status, 'completed');
    const sent = JSON.stringify(model?.mainRequests.at(-1)?.body ?? { reasoning: { effort: 'high' } });
    console.log(/"effort":"\w+"/.exec(sent)?.[0]);
    assert.match(sent, /"effort":"high"/);
  });

  await section('gate', async () => {
    model?.setScript([{ tools: [shell('ls')] }, { tools: [shell('touch made')] }, { text: 'Done.' }]);
    const asked: AuthorizeRequest[] = [];
    const result = await manager.runOnce('Run `ls`, then `touch made`.', {
      ...runOptions,
      authorize: (call) => {
        asked.push(call);
        return call.command === 'ls'
          ? { decision: 'allow' }
          : { decision: 'deny', reason: 'only looking today' };
      },
    });
    console.log(asked.map((call) => `${call.tool} ${call.command ?? ''}`).join(', '));
    assert.equal(result.status, 'completed');
    assert.ok(
      asked.some((call) => call.command === 'ls'),
      'read-only commands are asked about, too',
    );
    assert.ok(!(await readdir(cwd)).includes('made'), 'what was refused is not done');
  });
} finally {
  await model?.[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true, force: true });
}
