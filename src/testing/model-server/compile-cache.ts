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

/**
 * The variable by which Bun, which Claude Code brings along, only interprets, as our own process has it: a run
 * against a scripted model is over before compiled code has paid for its compilation.
 */
export function compilation(
  source: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string>> {
  const { BUN_JSC_useJIT: compiles } = source;
  return compiles === undefined ? {} : { BUN_JSC_useJIT: compiles };
}
