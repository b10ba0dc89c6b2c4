import { AsmError } from '../domain/error.ts';
import { assertRunMove, type Run } from '../domain/run.ts';
import { assertWorkingFolder } from '../process/working-folder.ts';
import { findProvider, type ManagerEnvironment } from './manager-environment.ts';
import { optionsAgain } from './options-again.ts';
import type { PreparedRun } from './prepared-run.ts';
import { admitRun } from './run-guard.ts';
import { workingFolder, type CommonRunOptions } from './run-options.ts';
import { checkDemand } from './run-demand.ts';
import { checkNativeStart, offeredTools } from './run-start.ts';
import { findSession } from './session-change.ts';

/**
 * Makes a stored run ready to be executed here: with what it was made with if that was here (`known`),
 * else with what is stored of that; `given` options go before either.
 */
export async function preparePendingRun(
  environment: ManagerEnvironment,
  run: Run,
  known: PreparedRun | undefined,
  given: CommonRunOptions,
): Promise<PreparedRun> {
  if (run.status !== 'running') assertRunMove(run, 'running');
  const session = await findSession(environment, run.sessionId);
  // Made here, and to be executed as it was made: all of it was checked then.
  if (known !== undefined && Object.keys(given).length === 0) {
    const { provider, options, cwd } = known;
    await checkNativeStart(environment, session, provider, options);
    await admitRun(environment.guards, { run, session, provider, options, cwd });
    return { ...known, run, session };
  }
  if (known === undefined && run.inputRedacted === true) {
    throw new AsmError(
      'invalid_operation',
      `Run ${run.id} can't be executed here: its input held a secret, and only the process that made the run knows it. Start the run again.`,
    );
  }
  const provider = known?.provider ?? findProvider(environment, run.provider);
  const options = optionsAgain(environment, run, known, given);
  const negotiation = checkDemand(provider, options, session);
  const cwd = workingFolder(options, session);
  assertWorkingFolder(cwd);
  await checkNativeStart(environment, session, provider, options);
  await admitRun(environment.guards, { run, session, provider, options, cwd });
  return {
    run,
    session,
    provider,
    messages: known?.messages ?? run.input,
    options,
    native: known?.native,
    cwd,
    clientTools: await offeredTools(options, environment.clock),
    negotiation,
  };
}
