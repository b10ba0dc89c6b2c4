import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AsmError } from '../domain/error.ts';
import type { McpServer } from '../ports/provider.ts';
import type { Bridge } from './bridge-server.ts';

/** The name under which agents know the MCP server of the client tools. */
export const clientServerName = 'client';

/** A program beside this file that an agent starts: it asks over the bridge. */
export type HelperProgram = 'tool-server' | 'authorize-program';

/** The command line of a helper program, which is a source file or what was made of it, as this file is. */
export function helperCommand(program: HelperProgram, bridge: Pick<Bridge, 'socket'>): readonly string[] {
  const file = fileURLToPath(new URL(`./${program}${extname(import.meta.url)}`, import.meta.url));
  // A warning on standard error would be told to the model as a reason.
  return [process.execPath, '--disable-warning=ExperimentalWarning', file, bridge.socket];
}

/** The MCP server that offers the client tools of the bridge. */
export function clientToolServer(bridge: Bridge): McpServer {
  const [command = '', ...programArguments] = helperCommand('tool-server', bridge);
  return { type: 'stdio', command, arguments: programArguments, environment: bridge.environment };
}

/** The servers of a run with that of the client tools. Throws `invalid_input` when its name is taken. */
export function withClientToolServer(
  servers: { readonly [name: string]: McpServer },
  bridge: Bridge,
): { readonly [name: string]: McpServer } {
  if (Object.hasOwn(servers, clientServerName)) {
    throw new AsmError(
      'invalid_input',
      `An MCP server may not be named ${JSON.stringify(clientServerName)} in a run with client tools. Give it another name.`,
    );
  }
  return { ...servers, [clientServerName]: clientToolServer(bridge) };
}
