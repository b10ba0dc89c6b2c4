import { z } from 'zod';
import { capabilityNames, supportLevels, type Capabilities } from '../../domain/capability.ts';
import { AsmError } from '../../domain/error.ts';
import type { JsonObject } from '../../domain/json.ts';
import { checkNativeOf, checkOptionsOf } from '../../ports/option-check.ts';
import type { AgentEnvironment } from '../../ports/provider.ts';
import { acpPresets, type AcpPresetName } from './presets.ts';

/** Options of the provider, for all its runs. One of `preset` and `command` is needed. */
export interface AcpOptions {
  /** An agent of the table, with all that is known about it. */
  readonly preset?: AcpPresetName;
  /** Path or name of the agent's program. Default: the preset's. */
  readonly command?: string;
  /** Its arguments. Default: the preset's. */
  readonly arguments?: readonly string[];
  /** The provider's name in sessions and logs. Default: the preset's name, else `acp`. */
  readonly name?: string;
  /** Variables for every run, besides the preset's; a run's own go before them. */
  readonly environment?: AgentEnvironment;
  /** Model of runs that name none. Default: the agent's choice. */
  readonly model?: string;
  /** What you know that the agent can do, beyond the preset or the protocol. Prove it with the contract suite. */
  readonly capabilities?: Partial<Capabilities>;
}

/** Options of one run: `session.run(input, { provider: acp(…), native: { … } })`. */
export interface AcpNative {
  /** The agent's own name of a mode to work in, in place of the one for `permissionMode`. */
  readonly mode?: string;
  /** Added to `_meta` of the request that opens the session; goes before the preset's. */
  readonly sessionMeta?: JsonObject;
}

const text = z.string().min(1);

const presetNames = Object.keys(acpPresets);

const optionsSchema = z.object({
  preset: z
    .custom<AcpPresetName>((value) => typeof value === 'string' && Object.hasOwn(acpPresets, value), {
      error: `must be one of ${presetNames.join(', ')}`,
    })
    .optional(),
  command: text.optional(),
  arguments: z.array(z.string()).optional(),
  name: text.optional(),
  environment: z
    .strictObject({
      inherit: z.array(text).optional(),
      set: z.record(text, z.string()).optional(),
    })
    .optional(),
  model: text.optional(),
  capabilities: z.partialRecord(z.enum(capabilityNames), z.enum(supportLevels)).optional(),
});

const nativeSchema = z.object({
  mode: text.optional(),
  sessionMeta: z.record(z.string(), z.json()).optional(),
});

/** Provider options after the check. */
export type CheckedOptions = z.infer<typeof optionsSchema>;
/** Native options after the check. */
export type CheckedNative = z.infer<typeof nativeSchema>;

/** Checks the provider's options. Throws `unknown_option` for a name that nothing reads, else `invalid_input`. */
export function checkOptions(options: unknown): CheckedOptions {
  const checked = checkOptionsOf(optionsSchema, options, 'option of acp()');
  if (checked.preset !== undefined || checked.command !== undefined) return checked;
  throw new AsmError(
    'invalid_input',
    `acp() needs the command of an agent, or a preset: ${presetNames.join(', ')}.`,
  );
}

/** Checks native options, in the same way. */
export function checkNative(native: unknown): CheckedNative {
  return checkNativeOf(nativeSchema, native, 'acp');
}
