// Runs `asm` again with a newer Node. Used only when the Node at hand is too old, so kept to what
// Node 12 can read: no optional chaining, no `node:` imports, no top-level await.
import { spawn, spawnSync } from 'child_process';
import { closeSync, existsSync, openSync } from 'fs';
import { constants } from 'os';
import { dirname, join } from 'path';
import { fileURLToPath } from 'url';

/** Exit code when there is no Node that can run `asm` (EX_UNAVAILABLE of sysexits.h). */
const noNode = 69;

/**
 * Runs this command line with the nearest `node_modules/.bin/node` of at least major version `wanted`,
 * and ends as that process ends. Without one: one line on standard error and exit code 69.
 */
export function runWithNewerNode(wanted) {
  const node = nearestNode(dirname(fileURLToPath(import.meta.url)), wanted);
  if (node === undefined) {
    process.stderr.write(
      `asm needs Node.js ${wanted} or newer and was started with ${process.versions.node}; ` +
        `install it, or add it to the project with: npm install --save-dev node@${wanted}\n`,
    );
    process.exitCode = noNode;
    return;
  }
  pass(spawn(node, process.execArgv.concat(process.argv.slice(1)), { stdio: 'inherit' }), node);
}

// Only folders above this package are searched: those were chosen when it was installed. The working
// directory is not, since that would run a program out of whatever repository `asm` is used on.
function nearestNode(start, wanted) {
  for (
    let folder = start, parent = dirname(start);
    folder !== parent;
    folder = parent, parent = dirname(folder)
  ) {
    const candidate = join(folder, 'node_modules', '.bin', 'node');
    if (existsSync(candidate) && majorVersion(candidate) >= wanted) return candidate;
  }
  return undefined;
}

function majorVersion(node) {
  const match = /^v(\d+)\./.exec(String(spawnSync(node, ['--version'], { timeout: 10000 }).stdout));
  return match === null ? 0 : Number(match[1]);
}

/** Hands signals on to the child and ends with its exit code, or by the signal that ended it. */
function pass(child, node) {
  const fromTerminal = hasTerminal() ? ['SIGINT', 'SIGQUIT'] : [];
  const handlers = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'].map((signal) => {
    // The terminal sends Ctrl-C to the child as well; handing it on would count it twice.
    const handler = () => void (fromTerminal.includes(signal) || child.kill(signal));
    process.on(signal, handler);
    return [signal, handler];
  });
  child.on('error', (error) => {
    process.stderr.write(`asm could not start ${node}: ${error.message}\n`);
    process.exitCode = noNode;
  });
  child.on('exit', (code, signal) => {
    for (const [name, handler] of handlers) process.removeListener(name, handler);
    if (signal === null) process.exitCode = code;
    else {
      process.exitCode = 128 + (constants.signals[signal] || 0);
      process.kill(process.pid, signal);
    }
  });
}

function hasTerminal() {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
