import assert from 'node:assert/strict';
import type { Provider, RunOutcome, RunRequest } from '../../src/ports/provider.ts';
import {
  startModelServer,
  type ModelServer,
  type ModelServerOptions,
} from '../../src/testing/model-server/model-server.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { collectRun, type CollectedRun } from '../../src/testing/run-collector.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost, type TestHost, type TestHostOptions } from '../../src/testing/test-host.ts';
import { makeAgentFolder } from './agent-folder.ts';

/** A kind of real agents, and what they need to ask a scripted model and nobody else. */
export interface AgentKind<Native extends object, Options extends object> {
  readonly name: string;
  provider(options: Options | undefined): Provider<Native>;
  environment(
    server: ModelServer,
    home: string,
  ): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  readonly model?: ModelServerOptions;
}

export interface RoomRun extends CollectedRun {
  readonly host: TestHost;
  readonly request: RunRequest;
  readonly cookie: string;
  /** The outcome; rejects with what the run threw. Fails if anything of the run lives on. */
  outcome(): Promise<RunOutcome>;
  /** The numbers of its living processes: the agent, and what it started. */
  processes(): Promise<readonly number[]>;
}

export interface RoomRunOptions<Native extends object, Options extends object> extends TestHostOptions {
  readonly request?: Partial<RunRequest<Native>> & { readonly text?: string };
  readonly options?: Options;
  /** In place of one with `options`. */
  readonly provider?: Provider<Native>;
  /** Changes of the agent's variables. */
  readonly variables?: { readonly [name: string]: string };
}

/** A real agent's surroundings: a scripted model, a home and a working folder of its own. */
export interface AgentRoom<
  Native extends object = object,
  Options extends object = object,
> extends AsyncDisposable {
  readonly server: ModelServer;
  readonly home: string;
  readonly cwd: string;
  /** Starts a run. Its agent is ended with the room at the latest. */
  run(options?: RoomRunOptions<Native, Options>): RoomRun;
}

export async function openRoom<Native extends object, Options extends object>(
  kind: AgentKind<Native, Options>,
  script: ModelScript,
): Promise<AgentRoom<Native, Options>> {
  const folder = await makeAgentFolder(kind.name);
  const { home, cwd } = folder;
  const server = await startModelServer(script, kind.model);
  // May also write the agent's configuration.
  const environment = await kind.environment(server, home);
  const runs: RoomRun[] = [];
  return {
    server,
    home,
    cwd,
    run({ request, options, provider, variables, ...hostOptions } = {}) {
      const host = createTestHost(hostOptions);
      const set = { ...environment, ...variables };
      // Nobody tells a provider that is made for one run that its session has ended.
      const lastRun = provider === undefined ? { lastRun: true } : {};
      const full = createRunRequest<Native>({ cwd, environment: { set }, ...lastRun, ...request });
      const run = observedRun(provider ?? kind.provider(options), full, host);
      runs.push(run);
      return run;
    },
    async [Symbol.asyncDispose]() {
      for (const run of runs) run.host.cancel();
      await Promise.all(runs.map((run) => run.ended));
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Starts a run and watches it. */
export function observedRun<Native extends object>(
  provider: Provider<Native>,
  request: RunRequest<Native>,
  host: TestHost,
): RoomRun {
  const collected = collectRun(provider, request, host);
  const { cookie } = request;
  const processes = async (): Promise<readonly number[]> => (await processesWithCookie(cookie)) ?? [];
  return {
    ...collected,
    // How long a test may take is for its runner to say.
    waitFor: (predicate, timeout = 300_000) => collected.waitFor(predicate, timeout),
    host,
    request,
    cookie,
    processes,
    async outcome() {
      const { outcome, error } = await collected.ended;
      assert.deepEqual(await processes(), [], 'processes of a run that has settled');
      if (outcome === undefined) throw error;
      return outcome;
    },
  };
}
