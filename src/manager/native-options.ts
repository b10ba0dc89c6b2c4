import { assertOptionNames, assertOptionObject } from '../domain/option-names.ts';
import type { Provider } from '../ports/provider.ts';

/**
 * Has native options checked by whom they are for, before anything of their run is written. On a router they are by the
 * names of its candidates: under another name nobody would read them. Throws `unknown_option` or `invalid_input`.
 */
export function checkNativeOptions(provider: Provider, native: unknown): void {
  if (native === undefined) return;
  if (provider.router === undefined) {
    checkOwn(provider, native, '`native` of a run');
    return;
  }
  const { candidates } = provider.router;
  const names = candidates.map(({ name }) => name);
  const what = `\`native\` of a run on a router, which is by candidate (${names.join(', ')}),`;
  assertOptionObject(what, native);
  assertOptionNames(what, native, names);
  for (const candidate of candidates) {
    const own = nativeOf(candidate, native);
    if (own !== undefined) checkOwn(candidate, own, `\`native.${candidate.name}\` of a run`);
  }
}

/** Of the native options of a run those for who does its work: on a router they are by candidate. */
export function nativeFor(asked: Provider, worker: Provider, native: object | undefined): object | undefined {
  if (asked.router === undefined || native === undefined) return native;
  const own = nativeOf(worker, native);
  return typeof own === 'object' && own !== null ? own : undefined;
}

function nativeOf({ name }: Provider, byCandidate: object): unknown {
  return Object.entries(byCandidate).find(([candidate]) => candidate === name)?.[1];
}

function checkOwn(provider: Provider, native: unknown, what: string): void {
  assertOptionObject(what, native);
  provider.checkNative?.(native);
}
