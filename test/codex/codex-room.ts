import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Provider, RunOutcome, RunRequest } from '../../src/ports/provider.ts';
import type { CodexNative, CodexOptions } from '../../src/providers/codex/options.ts';
import { findCodex } from '../../src/providers/codex/program.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { codexEnvironment } from '../../src/testing/model-server/codex-environment.ts';
import { startModelServer, type ModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { collectRun, type CollectedRun } from '../../src/testing/run-collector.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost, type TestHost, type TestHostOptions } from '../../src/testing/test-host.ts';

export interface RoomRun extends CollectedRun {
  readonly host: TestHost;
  readonly cookie: string;
  /** The outcome; rejects with what the run threw. */
  outcome(): Promise<RunOutcome>;
}

export interface RoomRunOptions extends TestHostOptions {
  readonly request?: Partial<RunRequest<CodexNative>> & { readonly text?: string };
  readonly options?: CodexOptions;
  /** In place of one with `options`. */
  readonly provider?: Provider<CodexNative>;
  /** Changes of the agent's variables. */
  readonly variables?: { readonly [name: string]: string };
}

/** A real Codex's surroundings: a scripted model, a home and a working folder of its own. */
export interface CodexRoom extends AsyncDisposable {
  readonly server: ModelServer;
  readonly home: string;
  readonly cwd: string;
  /** Starts a run. Its agent is ended with the room at the latest. */
  run(options?: RoomRunOptions): RoomRun;
  /** A program of shell commands in Codex's place. */
  standIn(script: string): Promise<string>;
  /** A program that does something first and then is Codex. */
  wrapper(first: string): Promise<string>;
}

export async function openCodexRoom(
  script: ModelScript,
  configuration: readonly string[] = [],
): Promise<CodexRoom> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-codex-')));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const server = await startModelServer(script);
  const environment = codexEnvironment(server, { home, configuration });
  const runs: RoomRun[] = [];
  const standIn = async (commands: string): Promise<string> => {
    const path = join(home, 'stand-in');
    await writeFile(path, `#!/bin/sh\n${commands}\n`);
    await chmod(path, 0o755);
    return path;
  };
  return {
    server,
    home,
    cwd,
    standIn,
    async wrapper(first) {
      const program = await findCodex({ executable: undefined, path: process.env['PATH'] ?? '', cwd: '/' });
      return await standIn(`${first}\nexec '${program ?? 'codex'}' "$@"`);
    },
    run({ request, options, provider, variables, ...hostOptions } = {}) {
      const host = createTestHost(hostOptions);
      const set = { ...environment, ...variables };
      // Nobody tells a provider that is made for one run that its session has ended.
      const lastRun = provider === undefined ? { lastRun: true } : {};
      const full = createRunRequest<CodexNative>({ cwd, environment: { set }, ...lastRun, ...request });
      const collected = collectRun(provider ?? codex(options), full, host);
      const run: RoomRun = {
        ...collected,
        // How long a test may take is for its runner to say.
        waitFor: (predicate, timeout = 300_000) => collected.waitFor(predicate, timeout),
        host,
        cookie: full.cookie,
        async outcome() {
          const { outcome, error } = await collected.ended;
          if (outcome === undefined) throw error;
          return outcome;
        },
      };
      runs.push(run);
      return run;
    },
    async [Symbol.asyncDispose]() {
      for (const run of runs) run.host.cancel();
      await Promise.all(runs.map((run) => run.ended));
      await server[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}
