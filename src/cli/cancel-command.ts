import { openManager } from './open-manager.ts';
import type { SharedOptions } from './main.ts';

interface CancelOptions extends SharedOptions {
  readonly reason?: string;
}

/** `asm cancel` */
export async function cancelCommand(id: string, options: CancelOptions): Promise<void> {
  await using manager = await openManager({ ...options, mustExist: true });
  const outcome = id.startsWith('run_')
    ? { runId: id, status: (await (await manager.getRun(id)).cancel(options.reason)).status }
    : { sessionId: id, status: (await (await manager.getSession(id)).cancel(options.reason)).status };
  process.stdout.write(
    options.json === true ? `${JSON.stringify(outcome)}\n` : `${id} is ${outcome.status}.\n`,
  );
}
