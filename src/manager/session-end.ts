import type { SessionId } from '../domain/id.ts';
import { pause } from '../domain/pause.ts';
import type { Provider } from '../ports/provider.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import type { PreparedRun } from './prepared-run.ts';

/**
 * Tells the providers that a session has ended, after that is stored. What they throw is theirs alone, and who
 * doesn't come to an end in `times.close` is not waited for.
 */
export async function tellSessionEnded(environment: ManagerEnvironment, id: SessionId): Promise<void> {
  const { clock, times } = environment;
  const tellings = providersOf(environment).map(async (provider) => await provider.endSession?.(id));
  const told = new AbortController();
  await Promise.race([Promise.allSettled(tellings), pause(times.close, told.signal, clock)]);
  told.abort();
}

/** Whether a provider is to keep nothing for another run: there is none to come, or it would hear of no end. */
export function isLastRun(
  environment: ManagerEnvironment,
  prepared: PreparedRun,
  provider: Provider,
): boolean {
  return prepared.oneShot !== undefined || !providersOf(environment).includes(provider);
}

/** Those that the manager was given, and the candidates of its routers. */
function providersOf({ providers }: ManagerEnvironment): readonly Provider[] {
  return [...providers.values()].flatMap((provider) => provider.router?.candidates ?? [provider]);
}
