import { z } from 'zod';
import { checkNativeOf, checkOptionsOf } from '../../ports/option-check.ts';

/** Ways of working that Amp has; each chooses models, system prompt and tools. */
export const ampModes = ['smart', 'rush', 'large', 'deep'] as const;
export type AmpMode = (typeof ampModes)[number];

/** Who may see a thread on Amp's server. */
export const ampVisibilities = ['private', 'public', 'workspace', 'group'] as const;
export type AmpVisibility = (typeof ampVisibilities)[number];

/** Amp's own options for one run: `session.run(input, { provider: amp(), native: { … } })`. */
export interface AmpNative {
  /** How Amp works; it has no choice of a model but this. Default: that of `amp()`, then Amp's own. */
  readonly mode?: AmpMode;
  /** Who may see the thread on Amp's server. Default: Amp's own, which depends on the account. */
  readonly visibility?: AmpVisibility;
  /** Labels of the thread: letters, digits and `-`. */
  readonly labels?: readonly string[];
  /** Patterns of the tools to offer, in Amp's names, such as `Bash` or `mcp__github__*`. Default: all. */
  readonly enabledTools?: readonly string[];
  /** As in `AmpOptions`, for this run. */
  readonly executable?: string;
}

/** Options of the provider, for all its runs. */
export interface AmpOptions {
  /**
   * Path or name of the Amp program: a script for Node.js, which is run by this one, or any other program.
   * Default: the one that the package `@sourcegraph/amp-sdk` brings along.
   */
  readonly executable?: string;
  /** Mode of runs that name none. Default: Amp's own, which is `smart`. */
  readonly mode?: AmpMode;
}

const nativeSchema = z.object({
  mode: z.enum(ampModes).optional(),
  visibility: z.enum(ampVisibilities).optional(),
  labels: z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]*$/, 'must be letters, digits and -')).optional(),
  enabledTools: z.array(z.string().min(1)).optional(),
  executable: z.string().min(1).optional(),
});

const optionsSchema = z.object({
  executable: z.string().min(1).optional(),
  mode: z.enum(ampModes).optional(),
});

/** Native options after the check. */
export type CheckedNative = z.infer<typeof nativeSchema>;
/** Provider options after the check. */
export type CheckedOptions = z.infer<typeof optionsSchema>;

/** Checks native options. Throws `unknown_option` for a name that nothing reads, else `invalid_input`. */
export function checkNative(native: unknown): CheckedNative {
  return checkNativeOf(nativeSchema, native, 'amp');
}

/** Checks the provider's options, in the same way. */
export function checkOptions(options: unknown): CheckedOptions {
  return checkOptionsOf(optionsSchema, options, 'option of amp()');
}
