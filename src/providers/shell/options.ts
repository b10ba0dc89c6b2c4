import { z } from 'zod';
import { AsmError } from '../../domain/error.ts';
import { decidedBy } from '../../domain/error-setting.ts';
import type { JsonObject } from '../../domain/json.ts';
import { didYouMean } from '../../domain/nearest-name.ts';
import type { AgentEnvironment } from '../../ports/provider.ts';

/** Limits of a command. */
export interface ShellLimits {
  /** Exit codes that count as success. Default `[0]`. */
  readonly successExitCodes?: readonly number[];
  /** Milliseconds after which the command and everything it started is ended. Default: none. */
  readonly timeout?: number;
  /** Bytes kept and streamed of each of the two outputs. Default 1 MiB. */
  readonly maximumOutput?: number;
  /** Milliseconds between SIGTERM and SIGKILL. Default 2,000. */
  readonly grace?: number;
}

/** Options of the provider, for all its runs. */
export interface ShellOptions extends ShellLimits {
  /** Name of the provider. Default `shell`. */
  readonly name?: string;
  /** Added to what each run asks for. */
  readonly environment?: AgentEnvironment;
  /** Absolute path of the shell for `shell: true`. Default `/bin/sh`. */
  readonly shell?: string;
}

/** Options of one run. Without `shell` and `command` the message is one program with its arguments. */
export interface ShellNative extends ShellLimits {
  /** True: the message is a script for a shell, run as `/bin/sh -c`. */
  readonly shell?: boolean;
  /** A program and its arguments, exactly as they are; no shell sees them. The message is not used. */
  readonly command?: { readonly program: string; readonly arguments?: readonly string[] };
}

/** The limits of a run, complete. */
export interface CommandLimits {
  readonly successExitCodes: readonly number[];
  readonly timeout: number | undefined;
  readonly maximumOutput: number;
  readonly grace: number;
}

const text = z.string().refine((value) => !value.includes('\0'), 'may not contain NUL characters');
const milliseconds = z.number().nonnegative().finite();
const limits = {
  successExitCodes: z.array(z.int().min(0).max(255)).optional(),
  timeout: milliseconds.positive().optional(),
  maximumOutput: z
    .int()
    .min(0)
    .max(16 * 1024 * 1024)
    .optional(),
  grace: milliseconds.optional(),
};
const nativeSchema = z
  .strictObject({
    ...limits,
    shell: z.boolean().optional(),
    command: z.strictObject({ program: text.min(1), arguments: z.array(text).optional() }).optional(),
  })
  .refine(
    (native) => native.shell !== true || native.command === undefined,
    'takes either shell or command, not both',
  );
const optionsSchema = z.strictObject({
  ...limits,
  name: z.string().min(1).optional(),
  environment: z
    .strictObject({
      inherit: z.array(z.string()).optional(),
      set: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  shell: z.string().startsWith('/').optional(),
});

/** Checks what a caller gave; throws `unknown_option` or `invalid_input`. */
export function checkShellOptions(options: ShellOptions): void {
  check(optionsSchema, options, 'shell()');
}

/** Checks the options of one run; throws `unknown_option` or `invalid_input`. */
export function checkShellNative(native: object): void {
  check(nativeSchema, native, 'native options of the shell provider', decidedBy('native'));
}

/** What holds for a run: its own limits before the provider's before the defaults. */
export function commandLimits(options: ShellLimits, native: ShellLimits): CommandLimits {
  return {
    successExitCodes: native.successExitCodes ?? options.successExitCodes ?? [0],
    timeout: native.timeout ?? options.timeout,
    maximumOutput: native.maximumOutput ?? options.maximumOutput ?? 1024 * 1024,
    grace: native.grace ?? options.grace ?? 2_000,
  };
}

const knownNames: readonly string[] = [
  ...new Set([
    ...Object.keys(nativeSchema.shape),
    ...Object.keys(optionsSchema.shape),
    'program',
    'arguments',
    'inherit',
    'set',
  ]),
];

function check(schema: z.ZodType, value: unknown, where: string, facts: JsonObject = {}): void {
  const result = schema.safeParse(value);
  if (result.success) return;
  for (const issue of result.error.issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const name = issue.keys[0] ?? '';
    throw new AsmError(
      'unknown_option',
      `There is no option ${JSON.stringify(name)} in the ${where}.${didYouMean(name, knownNames)}`,
      { details: { option: name, ...facts } },
    );
  }
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new AsmError(
    'invalid_input',
    `The ${where}${path === '' ? '' : `, ${path}`}: ${issue?.message ?? 'not valid'}.`,
    {
      details: { option: path, ...facts },
    },
  );
}
