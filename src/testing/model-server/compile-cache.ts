/**
 * The variable by which Node keeps what it compiled, as our own process has it: an agent that is a program of
 * Node, and the programs of Node that an agent starts, take much of their time to compile the same again.
 */
export function compileCache(
  source: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string>> {
  const { NODE_COMPILE_CACHE: folder } = source;
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}
