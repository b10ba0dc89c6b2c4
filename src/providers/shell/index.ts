export { shell } from './provider.ts';
export type { ShellLimits, ShellNative, ShellOptions } from './options.ts';
