import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes that the address of a socket may have on every system that we run on: macOS has the fewest. */
const longestAddress = 103;

/** A folder that only we may enter, with a name short enough that a socket in it has an address. */
export interface BridgeFolder {
  readonly path: string;
  readonly socket: string;
  remove(): Promise<void>;
}

/** Makes the folder in the system's folder for temporary files, or in `/tmp` where that one's name is too long. */
export async function makeBridgeFolder(temporary: string = tmpdir()): Promise<BridgeFolder> {
  const isShort = Buffer.byteLength(join(temporary, 'asm-XXXXXX', 's')) <= longestAddress;
  const path = await mkdtemp(join(isShort ? temporary : '/tmp', 'asm-'));
  // It is made so already, but for an unusual mask.
  await chmod(path, 0o700);
  return { path, socket: join(path, 's'), remove: () => rm(path, { recursive: true, force: true }) };
}
