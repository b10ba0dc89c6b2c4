// What Amp has of its own: its sign-in, its modes, threads that go on, every tool call seen before it runs, MCP
// servers, and functions of this program. `--section <name>` runs one part; `--offline` scripts the model.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSessionManager, transcriptFromEvents, type AuthorizeRequest } from '../src/index.ts';
import { amp } from '../src/providers/amp/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { ampEnvironment, startModelServer } from '../src/testing/index.ts';

const { values } = parseArgs({
  strict: false,
  options: { section: { type: 'string' }, offline: { type: 'boolean', default: false } },
});
const home = await mkdtemp(join(tmpdir(), 'asm-example-'));
const cwd = join(home, 'work');
await mkdir(cwd);
await using model = values.offline === true ? await startModelServer() : undefined;
await using manager = await createSessionManager({ store: memoryStore(), providers: [amp()] });
const environment = model === undefined ? {} : { environment: { set: ampEnvironment(model, { home }) } };
const runOptions = { provider: 'amp', cwd, ...environment };
console.log(`# amp-direct (amp, ${model === undefined ? 'your own sign-in' : 'scripted model'})`);

async function section(name: string, work: () => Promise<void>): Promise<void> {
  if (values.section !== undefined && values.section !== name) return;
  console.log(`## ${name}`);
  await work();
}

try {
  await section('sign-in', async () => {
    const [description] = await manager.describeProviders();
    assert.ok(description?.agent.installed, description?.agent.advice ?? 'Amp is there');
    console.log(`Amp ${description.agent.version}, signed in: ${description.signedIn}`);
    assert.ok(model !== undefined || description.signedIn !== 'no', 'sign in with `amp login` first');
  });

  await section('modes', async () => {
    for (const mode of ['smart', 'rush'] as const) {
      model?.setScript([{ text: `Four, said the ${mode} one.` }]);
      const result = await manager.runOnce('What is two and two? One sentence.', {
        ...runOptions,
        provider: amp(),
        native: { mode, labels: ['example'] },
      });
      console.log(`${mode}: ${result.status}, ${result.usage.inputTokens} tokens in`);
      assert.equal(result.status, 'completed');
    }
  });

  await section('threads', async () => {
    model?.setScript([{ text: 'Noted.' }, { text: 'It was indigo.' }]);
    const session = await manager.createSession({ provider: 'amp' });
    const first = await (await session.run('Remember the colour indigo.', runOptions)).result;
    const thread = (await session.read()).agents['amp']?.id;
    const second = await (await session.run('Which colour?', runOptions)).result;
    assert.ok(first.status === 'completed' && second.status === 'completed');
    assert.match(second.output, /indigo/);
    assert.equal((await session.read()).agents['amp']?.id, thread, 'the thread goes on');
    const other = await manager.createSession({ provider: 'amp' });
    model?.setScript([{ text: 'Which one?' }]);
    const third = await (await other.run('Which colour?', runOptions)).result;
    assert.equal(third.status, 'completed');
    const threads = (await manager.sessions()).rows.flatMap(({ agents }) => agents['amp']?.id ?? []);
    console.log(`threads: ${threads.join(', ')}`);
    assert.ok(thread !== undefined && threads.includes(thread));
    assert.equal(new Set(threads).size, threads.length, 'each session has a thread of its own');
    // As Markdown, from the log: Amp's own export needs its server.
    const { messages } = transcriptFromEvents((await session.events({ limit: 1_000 })).events);
    const markdown = messages.map(({ role, text }) => `## ${role}\n\n${text}\n`).join('\n');
    console.log(markdown);
    assert.match(markdown, /## user\n\nRemember the colour indigo.*## assistant\n\n.*indigo/s);
  });

  await section('permissions', async () => {
    model?.setScript([
      { tools: [{ name: 'Bash', input: { cmd: 'ls' } }] },
      { tools: [{ name: 'Bash', input: { cmd: 'touch made' } }] },
      { text: 'Done.' },
    ]);
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
      'commands that only look are asked about, too',
    );
    assert.ok(!(await readdir(cwd)).includes('made'), 'what was refused is not done');
    // The same by rules, with nobody to be asked: what none of them names is refused.
    model?.setScript([
      { tools: [{ name: 'Bash', input: { cmd: 'touch listed' } }] },
      { tools: [{ name: 'Bash', input: { cmd: 'touch denied' } }] },
      { text: 'Done.' },
    ]);
    const byRules = await manager.runOnce('Run `touch listed`, then `touch denied`.', {
      ...runOptions,
      rules: {
        allow: [{ tool: 'bash', program: 'touch' }],
        deny: [{ tool: 'bash', program: 'touch', arguments: ['denied'] }],
      },
    });
    assert.equal(byRules.status, 'completed');
    const made = await readdir(cwd);
    assert.ok(made.includes('listed') && !made.includes('denied'), 'a rule that denies comes first');
  });

  await section('mcp', async () => {
    model?.setScript([{ tools: [{ name: 'mcp__clock__year', input: {} }] }, { text: 'It is 1984.' }]);
    const clock = {
      type: 'stdio',
      command: process.execPath,
      arguments: [join(import.meta.dirname, 'support', 'clock-server.ts')],
      environment: { CLOCK_YEAR: '1984' },
    } as const;
    const servers: string[] = [];
    const result = await manager.runOnce('Ask the clock server for the year, and tell it.', {
      ...runOptions,
      mcpServers: { clock },
      rules: { allow: [{ tool: 'mcp:clock/*' }] },
      onEvent: (event) => {
        if (event.type === 'agent_started')
          servers.push(...(event.data.mcpServers ?? []).map(({ name, status }) => `${name}: ${status}`));
        if (event.type === 'tool_call_completed') console.log(event.data.tool, event.data.output);
      },
    });
    assert.equal(result.status, 'completed');
    assert.match(result.output, /1984/);
    console.log(servers.join(', '));
    assert.ok(
      servers.some((server) => server.startsWith('clock: ')),
      'the server is told of, with how it is',
    );
  });
} finally {
  await rm(home, { recursive: true, force: true });
}
