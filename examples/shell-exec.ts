// Commands with the same log around them: plain, structured, by a shell, failing, and refused by a rule.
import assert from 'node:assert/strict';
import { createSessionManager, type RunResult } from '../src/index.ts';
import { shell } from '../src/providers/shell/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

await using example = await setUpExample('shell-exec', []);
await using manager = await createSessionManager({ store: memoryStore(), providers: [shell()] });
const session = await manager.createSession({ cwd: example.folder });
const permissionMode = 'full_auto';

const show = (title: string, result: RunResult): void => {
  const error = result.status === 'failed' ? ` ${result.error.code}` : '';
  console.log(`${title.padEnd(22)}${result.status}${error}  ${JSON.stringify(result.output.slice(0, 60))}`);
};

const plain = await (await session.run('echo hello world', { permissionMode })).result;
show('one command', plain);
assert.equal(plain.status, 'completed');
assert.match(plain.output, /hello world/);

const native = { command: { program: 'printf', arguments: ['%s|', 'a b', '$HOME', ';'] } };
const structured = await (
  await session.run('structured', { permissionMode, provider: shell(), native })
).result;
show('structured', structured);
assert.match(structured.output, /a b\|\$HOME\|;\|/, 'no shell has touched the arguments');

const script = await session.run('for i in 1 2 3; do echo line $i; done; echo oops >&2; exit 42', {
  permissionMode,
  provider: shell(),
  native: { shell: true },
});
const streams = new Set<string>();
for await (const event of script) {
  if (event.type === 'tool_output_streamed') streams.add(event.data.stream);
}
const failed = await script.result;
show('exit code 42', failed);
assert.deepEqual([...streams].toSorted(), ['stderr', 'stdout']);
assert.ok(failed.status === 'failed' && failed.error.code === 'command_failed');
assert.equal(failed.error.provider?.exitCode, 42);
assert.match(failed.error.provider?.stderr ?? '', /oops/);

const rules = { allow: [{ tool: 'bash', program: 'echo' }], deny: [{ tool: 'bash', program: 'rm' }] };
for (const attempt of [
  'echo ok; rm -rf ./x',
  'echo $(rm -rf ./x)',
  'env FOO=1 rm -rf ./x',
  'bash -c "rm -rf ./x"',
]) {
  const options = { permissionMode, rules, provider: shell(), native: { shell: true } } as const;
  const refused = await (await session.run(attempt, options)).result;
  show('injection', refused);
  assert.ok(refused.status === 'failed' && refused.error.code === 'command_denied', attempt);
}
await assert.rejects(
  session.run('echo a; echo b', { permissionMode }).then((run) =>
    run.result.then((result) => {
      if (result.status === 'failed') throw result.error;
    }),
  ),
  { code: 'invalid_input' },
  'shell syntax needs shell: true',
);
