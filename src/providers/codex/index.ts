export { codex } from './provider.ts';
export type { CodexNative, CodexOptions } from './options.ts';
