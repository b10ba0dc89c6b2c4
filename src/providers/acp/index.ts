export { acp } from './provider.ts';
export { acpCapabilities } from './capabilities.ts';
export { acpPresets, type AcpPresetName } from './presets.ts';
export type { AcpPreset } from './preset.ts';
export type { AcpNative, AcpOptions } from './options.ts';
