// Any agent that speaks the Agent Client Protocol: streamed text, a permission request that the program
// decides, and a second turn of the same conversation that knows the first. `--preset <name>` takes another
// agent of the table; `--offline` runs claude-agent-acp against the scripted model.
import assert from 'node:assert/strict';
import { mkdir, mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSessionManager, type AuthorizeRequest } from '../src/index.ts';
import { acp, acpPresets, type AcpPresetName } from '../src/providers/acp/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import {
  claudeEnvironment,
  conversationTexts,
  startModelServer,
  type ModelToolUse,
} from '../src/testing/index.ts';

const { values } = parseArgs({
  strict: false,
  options: {
    preset: { type: 'string', default: 'claude-agent-acp' },
    offline: { type: 'boolean', default: false },
  },
});
const isPreset = (name: unknown): name is AcpPresetName =>
  typeof name === 'string' && Object.hasOwn(acpPresets, name);
assert.ok(isPreset(values.preset), `--preset is one of ${Object.keys(acpPresets).join(', ')}`);
assert.ok(
  values.offline !== true || values.preset === 'claude-agent-acp',
  '--offline is for claude-agent-acp',
);

await using scratch = await mkdtempDisposable(join(tmpdir(), 'asm-example-'));
const cwd = join(scratch.path, 'work');
await mkdir(cwd);
const shell = (command: string): ModelToolUse => ({
  name: 'Bash',
  input: { command, description: 'A command' },
});
await using model =
  values.offline === true
    ? await startModelServer([
        { text: 'I make two files.', tools: [shell('touch wanted')] },
        { tools: [shell('touch unwanted')] },
        { text: 'One was allowed, the other was not. I remember the colour indigo.', chunks: 8 },
        { text: 'The colour was indigo.' },
      ])
    : undefined;
const environment =
  model === undefined ? {} : { environment: { set: claudeEnvironment(model, { home: scratch.path }) } };

const provider = acp({ preset: values.preset });
await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });
const session = await manager.createSession({ cwd, provider: provider.name });

const asked: AuthorizeRequest[] = [];
await using first = await session.run(
  'Remember the colour indigo. Run `touch wanted`, then `touch unwanted`, then say how that went.',
  {
    ...environment,
    authorize(call) {
      asked.push(call);
      return call.command?.includes('unwanted') === true
        ? { decision: 'deny', reason: 'Nobody wants that file.' }
        : { decision: 'allow' };
    },
  },
);
let pieces = 0;
for await (const event of first) {
  if (event.type !== 'message_streamed') continue;
  process.stdout.write(event.data.text);
  pieces++;
}
const firstResult = await first.result;
console.log(`\n${pieces} pieces; asked: ${asked.map((call) => call.command ?? call.tool).join(', ')}`);
assert.equal(firstResult.status, 'completed');
assert.ok(pieces > 1, 'the text comes in pieces');
assert.ok(
  asked.some((call) => call.command === 'touch wanted'),
  'the program was asked before the tool ran',
);
assert.deepEqual(await readdir(cwd), ['wanted'], 'only what was allowed was done');

await using second = await session.run('Which colour?', { ...environment, continuation: 'native' });
const secondResult = await second.result;
assert.ok(secondResult.status === 'completed', 'the second turn ends well');
console.log(secondResult.output);
assert.match(secondResult.output, /indigo/i);
const lastRequest = model?.mainRequests.at(-1);
if (lastRequest !== undefined) {
  const heard = conversationTexts(lastRequest).join('\n');
  assert.match(heard, /Remember the colour indigo/, 'the model hears what was said in the first turn');
  assert.match(heard, /Nobody wants that file/, 'and why the call was refused');
}
