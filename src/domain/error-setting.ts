import type { JsonObject } from './json.ts';

/**
 * The option that decides about a failure, in `details.setting` of its error. The message doesn't name it: a caller of
 * the library gives it in another way than a person at a command line, so whoever shows the error says how.
 */
export const errorSettings = [
  'acceptObserved',
  'environment',
  'executable',
  'mode',
  'native',
  'ownRules',
  'shell',
  'trustProject',
] as const;
export type ErrorSetting = (typeof errorSettings)[number];

/** The detail of an error that names the option that decides about it. */
export function decidedBy(setting: ErrorSetting): JsonObject {
  return { setting };
}
