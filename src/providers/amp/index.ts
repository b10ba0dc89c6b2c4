export { amp, testedVersions } from './provider.ts';
export type { AmpNative, AmpOptions } from './options.ts';
