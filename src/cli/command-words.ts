import type { SharedOptions } from './shared-options.ts';

/** A text as one word of a command line that a person may copy. */
export function quotedWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What has to be said again to find the session: a store that isn't the one of the environment. */
export function storeWords({ store }: SharedOptions): string {
  return store === undefined || store === process.env['ASM_STORE'] ? '' : ` --store ${quotedWord(store)}`;
}
