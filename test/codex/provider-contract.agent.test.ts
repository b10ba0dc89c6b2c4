import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { codexCapabilities, sharedServerCapabilities } from '../../src/providers/codex/capabilities.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { codexEnvironment } from '../../src/testing/model-server/codex-environment.ts';
import { startModelServer } from '../../src/testing/model-server/model-server.ts';
import { testProvider } from '../../src/testing/provider-contract/provider-contract.ts';
import type { ProviderSubject } from '../../src/testing/provider-contract/provider-subject.ts';
import { heardBy, modelTurn } from './codex-step.ts';

function subject(shareServer: boolean): ProviderSubject {
  return {
    capabilities: shareServer ? sharedServerCapabilities : codexCapabilities,
    async open() {
      const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-codex-')));
      const cwd = join(home, 'project');
      await mkdir(cwd);
      const server = await startModelServer();
      const environment = codexEnvironment(server, { home });
      const provider = codex({ shareServer });
      return {
        provider,
        cwd,
        prepare(steps) {
          const last = steps.at(-1);
          const turns = steps.map(modelTurn);
          let taken = 0;
          // A service that fails does so as often as it is asked.
          server.setScript(
            () =>
              turns[taken++] ??
              (last !== undefined && 'fail' in last ? modelTurn(last) : { text: 'The script is over.' }),
          );
          return { environment: { set: environment } };
        },
        modelCalls: () => server.mainRequests.length,
        heard: () => heardBy(server.mainRequests.at(-1)),
        async [Symbol.asyncDispose]() {
          await provider[Symbol.asyncDispose]();
          await server[Symbol.asyncDispose]();
          await rm(home, { recursive: true, force: true });
        },
      };
    },
  };
}

testProvider('codex', subject(false), { describe, it });
testProvider('codex with a shared server', subject(true), { describe, it });
