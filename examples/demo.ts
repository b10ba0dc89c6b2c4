// The main job: the real Claude Code fixes a failing test in a git repository, and everything that
// happens is kept in a SQLite file. Without `--live` its model is a script on this machine.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSessionManager, totalTokens, type AgentEnvironment } from '../src/index.ts';
import { claude } from '../src/providers/claude/index.ts';
import {
  isLiveTerminal,
  renderTo,
  studioRenderer,
  supportsColor,
  terminalSink,
} from '../src/rendering/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { claudeEnvironment, startModelServer } from '../src/testing/index.ts';
import { demoScript, makeRepository, repositoryDiff, testPasses } from './support/demo-repository.ts';

const live = process.argv.includes('--live');
const scratch = await mkdtemp(join(tmpdir(), 'asm-demo-'));
await using _scratch = { [Symbol.asyncDispose]: () => rm(scratch, { recursive: true, force: true }) };
const cwd = join(scratch, 'repository');
await makeRepository(cwd);
assert.equal(await testPasses(cwd), false, 'the test fails before');

await using model = live ? undefined : await startModelServer(demoScript(cwd));
const environment: AgentEnvironment =
  model === undefined ? {} : { set: claudeEnvironment(model, { home: scratch }) };
console.log(
  live
    ? 'Claude Code with your own sign-in, at work on a repository with a failing test.'
    : 'Claude Code is the real program; its model is a script on 127.0.0.1. Add --live to use your own sign-in.',
);

const file = join(scratch, 'sessions.db');
await using manager = await createSessionManager({ store: sqliteStore(file), providers: [claude()] });
const session = await manager.createSession({ cwd, provider: 'claude', title: 'Fix the median' });
await using run = await session.run(
  'The test in this repository fails. Find out why, fix it, and run the test again.',
  {
    permissionMode: 'accept_edits',
    rules: {
      allow: [
        { tool: 'bash', program: 'node', arguments: ['--test'] },
        { tool: 'bash', program: 'npm', arguments: ['test'] },
      ],
    },
    environment,
  },
);
const report = await renderTo({
  events: run,
  renderer: studioRenderer({
    color: supportsColor(process.stdout),
    terminal: isLiveTerminal(process.stdout),
    toolOutput: 'summary',
  }),
  sinks: [terminalSink()],
});
const result = await run.result;
assert.deepEqual(report.sinkErrors, []);
assert.equal(result.status, 'completed');
assert.equal(await testPasses(cwd), true, 'the test passes after');

const { latestSeq } = await session.events({ limit: 1, order: 'descending' });
console.log(`\nsession  ${session.id}: ${latestSeq} events in SQLite`);
for (const row of await session.runs()) {
  console.log(
    `run      ${row.id}: ${row.status}, ${totalTokens(row.usage)} tokens, ${row.cost?.usd ?? '?'} USD`,
  );
}
console.log(`\n${await repositoryDiff(cwd)}`);
await session.complete();
