import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { execute } from '@sourcegraph/amp-sdk';
import type { AgentPlace, BarePeer } from './run-overhead.ts';

/** A program that Amp starts before each tool call: it gets the call's input and says by its exit code what may be. */
export interface AmpDelegate {
  /** Its text, beginning with the interpreter. */
  script(socket: string): string;
  /** Answers it; absent where nobody is asked. */
  readonly answer?: () => Server;
}

/** A shell script that allows everything and asks nobody. */
export const shellDelegate: AmpDelegate = { script: () => '#!/bin/sh\ncat > /dev/null\nexit 0\n' };

/** The least program of Node.js that passes the input on over a socket and goes by the answer. */
export const nodeDelegate: AmpDelegate = {
  script: (socket) =>
    `#!${process.execPath}\n` +
    `const { connect } = require('node:net');\n` +
    `const socket = connect(${JSON.stringify(socket)});\n` +
    `process.stdin.pipe(socket);\n` +
    `socket.on('data', (answer) => process.exit(String(answer) === 'allow' ? 0 : 2));\n`,
  answer: () =>
    createServer({ allowHalfOpen: true }, (socket) => {
      socket.resume().once('end', () => socket.end('allow'));
    }),
};

/** Runs of Amp with its SDK until the program has ended, with a permission rule that names the delegate. */
export function bareAmpWith(delegate: AmpDelegate): BarePeer['run'] {
  return async (prompt: string, { cwd, environment, scratch }: AgentPlace) => {
    const [to, socket] = [join(scratch, 'delegate'), join(scratch, 'socket')];
    const settingsFile = join(scratch, 'settings.json');
    writeFileSync(to, delegate.script(socket), { mode: 0o755 });
    writeFileSync(
      settingsFile,
      JSON.stringify({ 'amp.permissions': [{ tool: '*', action: 'delegate', to }] }),
    );
    const server = delegate.answer?.().listen(socket);
    if (server !== undefined) await once(server, 'listening');
    let subtype: string | undefined;
    for await (const message of execute({
      prompt,
      options: { cwd, settingsFile, env: { ...environment } },
    })) {
      if (message.type === 'result') subtype = message.subtype;
    }
    server?.close();
    rmSync(to);
    if (subtype !== 'success') throw new Error(`The bare run ended with ${subtype}.`);
  };
}
