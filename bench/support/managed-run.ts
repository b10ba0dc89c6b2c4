import type { SessionManager } from '../../src/index.ts';
import { helloPrompt } from './hello-script.ts';

export interface ManagedPlace {
  readonly cwd: string;
  readonly environment: { readonly [name: string]: string };
}

/** One whole run through the manager, which asks us about the tool. */
export async function runManaged(
  manager: SessionManager,
  provider: string,
  { cwd, environment }: ManagedPlace,
): Promise<void> {
  const { status } = await manager.runOnce(helloPrompt, {
    provider,
    cwd,
    environment: { set: environment },
    authorize: () => ({ decision: 'allow' }),
  });
  if (status !== 'completed') throw new Error(`The managed run ended as ${status}.`);
}
