import { isAbsolute, join } from 'node:path';

/** A program as it is to be started. */
interface ProgramStart {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Runs before the program: what that starts itself, also with its own arguments of Node.js, is not ours to change. */
const forgetting = 'data:text/javascript,delete process.env.NODE_COMPILE_CACHE;process.execArgv.splice(0,2)';

/**
 * Has a program that our own Node.js runs keep what it compiled for its next start, which is a third of the start of
 * Amp and a sixth of that of claude-agent-acp. Kept in `agent-session-manager/node` of the cache folder of the
 * program's own environment; the folder may be removed at any time. Any other program is given back as it is, and so
 * is one without a home or whose environment says itself whether and where to keep it.
 */
export function keepCompiled<Start extends ProgramStart>(start: Start): Start {
  const { command, environment } = start;
  if (command !== process.execPath) return start;
  if ('NODE_COMPILE_CACHE' in environment || 'NODE_DISABLE_COMPILE_CACHE' in environment) return start;
  const folder = cacheFolder(environment);
  if (folder === undefined) return start;
  return {
    ...start,
    arguments: ['--import', forgetting, ...start.arguments],
    environment: { ...environment, NODE_COMPILE_CACHE: join(folder, 'agent-session-manager', 'node') },
  };
}

/** As the XDG Base Directory Specification has it, which ignores a path that isn't absolute. */
function cacheFolder({
  XDG_CACHE_HOME: named = '',
  HOME: home = '',
}: ProgramStart['environment']): string | undefined {
  if (isAbsolute(named)) return named;
  return isAbsolute(home) ? join(home, '.cache') : undefined;
}
