export { claude } from './provider.ts';
export type { ClaudeAgent, ClaudeNative, ClaudeOptions } from './options.ts';
