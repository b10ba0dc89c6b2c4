import { openReader } from './open-reader.ts';
import { write, writeJson } from './output.ts';
import type { SharedOptions } from './shared-options.ts';
import { userName } from './user-name.ts';

interface RevokeOptions extends SharedOptions {
  readonly by?: string;
  readonly reason?: string;
}

/** `asm revoke` */
export async function revokeCommand(id: string, options: RevokeOptions): Promise<void> {
  await using manager = await openReader(options);
  const { by = userName(), reason } = options;
  const approval = await manager.approvals.revoke(id, { by, ...(reason === undefined ? {} : { reason }) });
  if (options.json === true) await writeJson(approval);
  else await write(`${id} is revoked.\n`);
}
