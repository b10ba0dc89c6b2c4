import { exitCodes } from './exit-code.ts';

/**
 * Says what happens when standard output can't be written. A reader that went away, as `head` does, is
 * no fault: the process ends quietly, or with `goesOn` does its work unread. Anything else, such as a
 * full disk, is told, and makes a success end with 74.
 */
export function guardOutput({ goesOn }: { readonly goesOn: boolean }): void {
  // Where errors can't be told there is nobody to tell so.
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') {
      process.stderr.write(`error Standard output could not be written: ${error.message}\n`);
      process.once('exit', () => {
        if ((process.exitCode ?? exitCodes.success) === exitCodes.success)
          process.exitCode = exitCodes.output;
      });
    }
    if (!goesOn) process.exit();
  });
}
