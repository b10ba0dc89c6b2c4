// The five permission modes on one agent: what each lets through when nobody is there to be asked. The
// agent tries to make a file with its own tool and another with a shell command. --mode tries just one.
import assert from 'node:assert/strict';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSessionManager, permissionModes, type PermissionMode } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

/** Which of the two files is made: by the tool for files, by the shell. */
const letsThrough: Readonly<Record<PermissionMode, readonly [written: boolean, touched: boolean]>> = {
  default: [false, false],
  accept_edits: [true, false],
  plan: [false, false],
  full_auto: [true, true],
  dangerously_skip_permissions: [true, true],
};

const { values } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: { mode: { type: 'string' } },
});
const wanted = permissionModes.filter((mode) => values.mode === undefined || mode === values.mode);
if (wanted.length === 0) {
  console.error(`--mode is one of ${permissionModes.join(', ')}, not ${String(values.mode)}.`);
  process.exit(2);
}

await using example = await setUpExample('permission-mode', []);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const exists = (name: string): Promise<boolean> =>
  access(join(example.folder, name)).then(
    () => true,
    () => false,
  );

for (const permissionMode of wanted) {
  example.say([
    { tools: [{ tool: 'write', path: join(example.folder, 'written'), content: 'x\n' }] },
    { tools: [{ tool: 'bash', command: `touch '${join(example.folder, 'touched')}'` }] },
    { text: 'I tried both.' },
  ]);
  const session = await manager.createSession({ provider: example.providerName });
  await using run = await session.run(
    'Make the file "written" with your tool for files, then "touched" with touch in your shell.',
    { ...example.runOptions, permissionMode },
  );
  const result = await run.result;
  assert.equal(result.status, 'completed');
  const { events } = await session.events({ types: ['agent_started', 'tool_call_decided'], limit: 1_000 });
  const started = events.find((event) => event.type === 'agent_started');
  const native = started?.type === 'agent_started' ? started.data.nativePermissionMode : undefined;
  const decisions = events.flatMap((event) =>
    event.type === 'tool_call_decided' ? `${event.data.decision} by ${event.data.by}` : [],
  );
  const made = [await exists('written'), await exists('touched')];
  console.log(
    `${permissionMode} (native: ${native ?? 'none'}): ${decisions.join(', ')}; ${result.usage.outputTokens} tokens`,
  );
  console.log(`  ${session.id} ${run.id}: ${result.output}`);
  assert.deepEqual(made, letsThrough[permissionMode], `what ${permissionMode} lets through`);
  for (const name of ['written', 'touched']) await rm(join(example.folder, name), { force: true });
}

const session = await manager.createSession({ provider: example.providerName });
const mistyped: object = { permissionMode: 'full-auto' };
await assert.rejects(
  session.run('Never asked.', { ...example.runOptions, ...mistyped }),
  { code: 'invalid_input' },
  'a mode that does not exist is refused, and nothing starts',
);
assert.deepEqual(await session.runs(), []);
