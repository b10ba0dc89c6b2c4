#!/usr/bin/env node
// Starts the `asm` command. This file and find-node.js keep to what Node 12 can read, so that an older
// Node gets as far as a plain sentence, or as a newer Node that is installed beside the package.
import { existsSync } from 'fs';

const wanted = 24;

if (Number(process.versions.node.split('.')[0]) >= wanted) {
  // A development checkout has no dist/ and runs from its sources.
  const built = new URL('../dist/cli/main.js', import.meta.url);
  void import(existsSync(built) ? built.href : new URL('../src/cli/main.ts', import.meta.url).href);
} else {
  void import('./find-node.js').then((module) => module.runWithNewerNode(wanted));
}
