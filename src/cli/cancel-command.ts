import { kindOfId } from './identifier.ts';
import { openReader } from './open-reader.ts';
import { write, writeJson } from './output.ts';
import type { SharedOptions } from './shared-options.ts';

interface CancelOptions extends SharedOptions {
  readonly reason?: string;
}

/** `asm cancel` */
export async function cancelCommand(id: string, options: CancelOptions): Promise<void> {
  const kind = kindOfId(id);
  await using manager = await openReader(options);
  const { status } =
    kind === 'run'
      ? await (await manager.getRun(id)).cancel(options.reason)
      : await (await manager.getSession(id)).cancel(options.reason);
  if (options.json === true)
    await writeJson(kind === 'run' ? { runId: id, status } : { sessionId: id, status });
  else await write(`${id} is ${status}.\n`);
}
