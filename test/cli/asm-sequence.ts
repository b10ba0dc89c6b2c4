/**
 * Does what several command lines say, one after the other, as `asm` does each: nearly all that a command takes is the
 * start of its process, which is the same for all. Its argument is a JSON list of lists of words. After each command it
 * writes its exit code between two NUL characters, to both outputs.
 */
const [, , text = '[]'] = process.argv;
const [first = [], ...others]: readonly (readonly string[])[] = JSON.parse(text);
// The program does the first by itself when it is loaded.
process.argv = [process.execPath, 'asm', ...first];
const { main } = await import('../../src/cli/main.ts');
await end();
for (const words of others) {
  await main([process.execPath, 'asm', ...words]);
  await end();
}

/** Tells how the command ended, and takes back what it did to its process. */
async function end(): Promise<void> {
  const mark = `\0${String(process.exitCode ?? 0)}\0`;
  process.exitCode = undefined;
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => void stream.write(mark, () => resolve()));
    stream.removeAllListeners('error');
  }
}
