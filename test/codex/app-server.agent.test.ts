import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startAppServer, type AppServer } from '../../src/providers/codex/app-server.ts';
import { createMessageInbox } from '../../src/providers/codex/message-inbox.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { makeAgentFolder, type AgentFolder } from '../agent/agent-folder.ts';
import { standIn } from '../agent/stand-in.ts';

/** A program that answers each line with what the JavaScript makes of it; `say` waits while nobody reads. */
async function start(folder: AgentFolder, script: string): Promise<AppServer> {
  const path = join(folder.home, 'server.mjs');
  const lines = [
    "import { createInterface } from 'node:readline';",
    "import { appendFileSync, writeFileSync } from 'node:fs';",
    'const say = async (message) => {',
    "  if (!process.stdout.write(JSON.stringify(message) + '\\n'))",
    "    await new Promise((resolve) => process.stdout.once('drain', resolve));",
    '};',
    'for await (const line of createInterface({ input: process.stdin })) {',
    '  const message = JSON.parse(line);',
    "  if (message.method === 'initialize') await say({ id: message.id, result: { userAgent: 'x/9.9.9' } });",
    script,
    '}',
  ];
  await writeFile(path, lines.join('\n'));
  const program = await standIn(folder, `exec '${process.execPath}' '${path}'`);
  const environment = { PATH: process.env['PATH'] ?? '' };
  return await startAppServer({ program, environment, cwd: '/' }, new AbortController().signal);
}

it.each([false, true])(
  'gives up a server that does not answer its greeting in time; asked at once: %s',
  async (atOnce) => {
    await using folder = await makeAgentFolder('codex');
    const program = await standIn(folder, "trap '' TERM; while :; do sleep 1; done");
    const environment = { PATH: process.env['PATH'] ?? '', ASM_RUN_COOKIE: randomUUID() };
    const options = { program, environment, cwd: '/', atOnce, startDeadline: 300 };
    const timedOut = { code: 'timed_out', message: expect.stringContaining('within 300 ms') };
    const starting = startAppServer(options, new AbortController().signal);
    if (!atOnce) await expect(starting).rejects.toMatchObject(timedOut);
    else {
      const server = await starting;
      await expect(server.readConfiguration()).rejects.toMatchObject(timedOut);
      await server.gone;
      expect(server.lost).toMatchObject(timedOut);
      await server.end();
    }
    expect(await processesWithCookie(environment.ASM_RUN_COOKIE)).toEqual([]);
  },
);

it('refuses what the server asks for a conversation that nobody has', async () => {
  await using folder = await makeAgentFolder('codex');
  const answer = join(folder.home, 'answer');
  await using _server = await start(
    folder,
    `if (message.method === 'initialized') await say({ id: 'q', method: 'item/x', params: { threadId: 't-1' } });
     if (message.id === 'q') writeFileSync('${answer}', line);`,
  );
  await expect.poll(() => existsSync(answer)).toBe(true);
  expect(JSON.parse(await readFile(answer, 'utf8'))).toMatchObject({ id: 'q', error: { code: -32601 } });
});

it('gives what is for nobody alone to all, in order, and waits for the slowest', async () => {
  await using folder = await makeAgentFolder('codex');
  const written = join(folder.home, 'written');
  await writeFile(written, '');
  const messages = 6;
  await using server = await start(
    folder,
    `if (message.method !== 'config/read') continue;
     await say({ id: message.id, result: {} });
     const text = 'x'.repeat(6 * 1024 * 1024);
     for (let number = 0; number < ${messages}; number++) {
       await say({ method: 'all', params: { number, text } });
       appendFileSync('${written}', '.');
     }`,
  );
  const [quick, slow] = [createMessageInbox(), createMessageInbox()];
  server.attach('t-1', quick);
  server.lobby.add(slow);
  await server.readConfiguration();
  const take = async (inbox: typeof quick): Promise<unknown> => {
    const item = await inbox.take();
    return 'params' in item ? item.params['number'] : item.raw;
  };
  const takeAll = async (): Promise<unknown[]> => {
    const numbers: unknown[] = [];
    while (numbers.length < messages) numbers.push(await take(quick));
    return numbers;
  };
  const quickly = takeAll();
  const slowly: unknown[] = [];
  let takenBefore = 0;
  while (slowly.length < messages) {
    // Until it writes no more, which is when 16 MiB wait here and the pipe is full.
    for (let same = 0, size = -1; same < 20 && size < messages; same++) {
      await sleep(10);
      const now = statSync(written).size;
      if (now !== size) same = 0;
      size = now;
    }
    if (statSync(written).size < messages) takenBefore++;
    slowly.push(await take(slow));
  }
  const all = Array.from({ length: messages }, (_, number) => number);
  expect(slowly).toEqual(all);
  expect(await quickly).toEqual(all);
  expect(takenBefore).toBeGreaterThanOrEqual(2);
});
