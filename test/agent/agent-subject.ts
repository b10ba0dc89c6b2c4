import type { Provider } from '../../src/ports/provider.ts';
import type { ModelRequest } from '../../src/testing/model-server/model-request.ts';
import {
  startModelServer,
  type ModelServer,
  type ModelServerOptions,
} from '../../src/testing/model-server/model-server.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import type { AgentStep, ProviderSubject } from '../../src/testing/provider-contract/provider-subject.ts';
import { makeAgentFolder } from './agent-folder.ts';

/** A real agent behind its provider, and how its scripted model is spoken for. */
export interface SubjectAgent {
  readonly name: string;
  provider(): Provider;
  environment(server: ModelServer, home: string): Promise<Readonly<Record<string, string>>>;
  readonly model?: ModelServerOptions;
  /** What the model answers to make the agent do a step. */
  turn(step: AgentStep): ModelTurn;
  /** Every text in a question to the model. */
  heard(request: ModelRequest): readonly string[];
}

/** A subject of the provider contract: the real agent, whose model is scripted. */
export function agentSubject(agent: SubjectAgent, parts: Omit<ProviderSubject, 'open'>): ProviderSubject {
  return {
    ...parts,
    async open() {
      const folder = await makeAgentFolder(agent.name);
      const server = await startModelServer([], agent.model);
      const set = await agent.environment(server, folder.home);
      const provider = agent.provider();
      return {
        provider,
        cwd: folder.cwd,
        prepare(steps) {
          const last = steps.at(-1);
          const turns = steps.map((step) => agent.turn(step));
          let taken = 0;
          // A service that fails does so as often as it is asked.
          server.setScript(
            () =>
              turns[taken++] ??
              (last !== undefined && 'fail' in last ? agent.turn(last) : { text: 'The script is over.' }),
          );
          return { environment: { set } };
        },
        modelCalls: () => server.mainRequests.length,
        heard: () => server.mainRequests.slice(-1).flatMap((request) => agent.heard(request)),
        async [Symbol.asyncDispose]() {
          await provider[Symbol.asyncDispose]?.();
          await server[Symbol.asyncDispose]();
          await folder[Symbol.asyncDispose]();
        },
      };
    },
  };
}
