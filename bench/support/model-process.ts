import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ModelServer } from '../../src/testing/index.ts';

/** A scripted model in a process of its own. Disposing ends it. */
export interface ModelProcess extends Pick<ModelServer, 'url'>, AsyncDisposable {}

/**
 * Starts the model behind an agent of this name. No real model takes turns with us on our event loop, so what
 * it takes to answer must not count as ours.
 */
export async function startModelProcess(agent: string): Promise<ModelProcess> {
  const child = fork(join(import.meta.dirname, 'model-program.ts'), [agent]);
  const exit = once(child, 'exit');
  const message = await new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error('The model ended before it was there.')));
  });
  if (typeof message !== 'object' || message === null || !('url' in message))
    throw new Error('The model did not say where it is.');
  return {
    url: String(message.url),
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await exit;
    },
  };
}
