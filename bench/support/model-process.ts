import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { MeasuredAgent } from './hello-script.ts';

/** A model that answers from another process, as every real one does: it must not share our event loop. */
export interface ModelProcess extends AsyncDisposable {
  readonly url: string;
}

/** Starts the model of an agent; it ends with us. */
export async function startModelProcess(agent: MeasuredAgent): Promise<ModelProcess> {
  const program = fileURLToPath(import.meta.resolve('./model-program.ts'));
  const child = fork(program, [agent], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exit = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message: unknown) => {
      if (typeof message === 'string') resolve(message);
    });
    exit.then(() => reject(new Error('The model did not start.')), reject);
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await exit;
    },
  };
}
