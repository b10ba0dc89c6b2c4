import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readProcessEntry } from '../../src/process/process-table.ts';
import { startProcessGroup } from '../../src/process/process-group.ts';
import { newCookie, probeEnvironment, until, withCookie } from './process-probe.ts';

function shell(script: string, cookie = newCookie()) {
  return startProcessGroup({
    command: 'sh',
    arguments: ['-c', script],
    cwd: '/',
    environment: probeEnvironment(cookie),
    standardInput: 'ignore',
  });
}

describe('starting', () => {
  test('the program leads a group of its own and is known by its start time', async () => {
    await using group = await shell('sleep 60');
    const entry = readProcessEntry(group.identity.pid);
    expect(entry).toMatchObject({ group: group.identity.pid, session: group.identity.pid });
    expect(entry?.startTime).toBe(group.identity.startTime);
    expect(group.identity.processGroup).toBe(group.identity.pid);
  });

  test('text goes in and out, errors without colours, and the exit code comes', async () => {
    await using group = await startProcessGroup({
      command: 'sh',
      arguments: ['-c', String.raw`cat; printf '\033[31mproblem\033[0m\n' >&2; exit 7`],
      cwd: '/',
      environment: probeEnvironment(newCookie()),
    });
    group.child.stdin.end('hello');
    let out = '';
    for await (const chunk of group.child.stdout) out += String(chunk);
    expect(out).toBe('hello');
    expect(await group.exit).toEqual({ exitCode: 7 });
    expect(await group.lastStderr()).toBe('problem\n');
  });

  test('the environment is exactly what was given', async () => {
    await using group = await startProcessGroup({
      command: '/usr/bin/env',
      arguments: [],
      cwd: '/',
      environment: { ONLY: 'this' },
      standardInput: 'ignore',
    });
    let out = '';
    for await (const chunk of group.child.stdout) out += String(chunk);
    expect(out).toBe('ONLY=this\n');
  });

  test('a program that is not there is a typed error, with the code that was asked for', async () => {
    const options = {
      command: 'no-such-agent',
      arguments: [],
      cwd: '/',
      environment: probeEnvironment(newCookie()),
    };
    await expect(startProcessGroup(options)).rejects.toMatchObject({ code: 'agent_not_installed' });
    await expect(startProcessGroup({ ...options, notFoundCode: 'command_not_found' })).rejects.toMatchObject({
      code: 'command_not_found',
    });
    await expect(startProcessGroup({ ...options, command: '/etc/passwd' })).rejects.toMatchObject({
      code: 'agent_not_installed',
    });
  });

  test('a folder that is not there, NUL and arguments beyond the limit are invalid input', async () => {
    const options = { command: 'true', arguments: [], cwd: '/', environment: probeEnvironment(newCookie()) };
    for (const wrong of [
      { ...options, cwd: '/no/such/folder' },
      { ...options, arguments: ['a\0b'] },
      { ...options, environment: { ...options.environment, X: 'a\0b' } },
      { ...options, arguments: ['x'.repeat(10_000_000)] },
    ]) {
      await expect(startProcessGroup(wrong)).rejects.toMatchObject({ code: 'invalid_input' });
    }
  });

  test('writing to a program that closed its input does not throw into our process', async () => {
    await using group = await startProcessGroup({
      command: 'true',
      arguments: [],
      cwd: '/',
      environment: probeEnvironment(newCookie()),
    });
    await group.exit;
    await new Promise<void>((resolve) => group.child.stdin.write('x'.repeat(1_000_000), () => resolve()));
  });
});

describe('ending', () => {
  test('children and grandchildren that ignore SIGTERM are killed, and no zombie stays', async () => {
    const cookie = newCookie();
    const deaf = "trap '' TERM; echo deaf; while :; do sleep 1; done";
    const group = await shell(`(${deaf}) & sh -c "${deaf}" & ${deaf}`, cookie);
    let out = '';
    group.child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await until('three deaf processes', () => out === 'deaf\n'.repeat(3));
    await group.end({ grace: 50 });
    expect(withCookie(cookie)).toEqual([]);
    expect(readProcessEntry(group.identity.pid)).toBeUndefined();
    expect(await group.exit).toEqual({ signal: 'SIGKILL' });
  });

  test('a program that obeys SIGTERM may say goodbye', async () => {
    const group = await shell("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done");
    let out = '';
    group.child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await until('ready', () => out.includes('ready'));
    await group.end({ grace: 20_000 });
    expect(await group.exit).toEqual({ exitCode: 3 });
    await until('bye', () => out.endsWith('bye\n'));
  });

  test('daemons that left the group and session are found by the cookie and ended', async () => {
    const cookie = newCookie();
    const group = await shell(
      '(setsid sh -c "sleep 60 & sleep 61" >/dev/null 2>&1 &) ; (setsid setsid sleep 62 &); exit 0',
      cookie,
    );
    await group.exit;
    await until('daemons', () => withCookie(cookie).length >= 4);
    await group.end({ grace: 1_000 });
    expect(withCookie(cookie)).toEqual([]);
  });

  test('a descendant with an emptied environment in a session of its own is ended', async () => {
    const group = await shell('setsid sh -c "env -i sleep 63 & echo \\$!; wait" & wait');
    let out = '';
    group.child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await until('its id', () => out.includes('\n'));
    const pid = Number(out);
    expect(readProcessEntry(pid)?.alive).toBe(true);
    await group.end({ grace: 1_000 });
    await until('its end', () => readProcessEntry(pid)?.alive !== true);
  });

  test('ending twice, after the end and while stopped is fine; a second call shortens the grace', async () => {
    const group = await shell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
    // Before its trap is set, it would still end by SIGTERM.
    await new Promise((resolve) => group.child.stdout.once('data', resolve));
    process.kill(group.identity.pid, 'SIGSTOP');
    const slow = group.end({ grace: 600_000 });
    await group.end({ grace: 0 });
    await slow;
    await group.end();
    expect(await group.exit).toEqual({ signal: 'SIGKILL' });
  });

  test('processes of others are left alone', async () => {
    const other = newCookie();
    await using neighbour = await shell('sleep 60', other);
    const group = await shell('sleep 60');
    await group.end({ grace: 0 });
    expect(withCookie(other)).toContain(neighbour.identity.pid);
  });
});

test('a flood of standard error keeps only its end', async () => {
  await using group = await startProcessGroup({
    command: 'sh',
    arguments: ['-c', 'head -c 5000000 /dev/zero | tr "\\0" x >&2; printf "the end" >&2'],
    cwd: '/',
    environment: probeEnvironment(newCookie()),
    standardInput: 'ignore',
    stderrTail: 1_000,
  });
  await group.exit;
  await until('the end', () => group.stderrTail().endsWith('the end'));
  expect(group.stderrTail()).toHaveLength(1_000);
});

test.runIf(process.platform === 'linux')('when the host is killed, its agent goes with it', async () => {
  const cookie = newCookie();
  const host = spawn(
    process.execPath,
    [
      '--input-type=module-typescript',
      '-e',
      `import { startProcessGroup } from ${JSON.stringify(new URL('../../src/process/process-group.ts', import.meta.url).href)};
       await startProcessGroup({ command: 'sleep', arguments: ['300'], cwd: '/', environment: ${JSON.stringify(probeEnvironment(cookie))} });
       console.log('started');
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await new Promise((resolve) => host.stdout.once('data', resolve));
  const [agent] = withCookie(cookie);
  // Until the agent's own program runs, its life is not bound to that of its host yet.
  await until('the program', () => readFileSync(`/proc/${agent}/comm`, 'utf8').trim() === 'sleep');
  host.kill('SIGKILL');
  await until('the end of the agent', () => withCookie(cookie).length === 0);
});
