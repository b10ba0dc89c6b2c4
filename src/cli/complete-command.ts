import { openReader } from './open-reader.ts';
import { write, writeJson } from './output.ts';
import type { SharedOptions } from './shared-options.ts';

/** `asm complete` */
export async function completeCommand(id: string, options: SharedOptions): Promise<void> {
  await using manager = await openReader(options);
  const session = await manager.getSession(id);
  const { status } = await session.complete();
  if (options.json === true) await writeJson({ sessionId: session.id, status });
  else await write(`${session.id} is ${status}.\n`);
}
