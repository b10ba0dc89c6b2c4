import { z } from 'zod';
import { checkNativeOf, checkOptionsOf } from '../../ports/option-check.ts';

/** A subagent that Claude Code may start, besides its own. */
export interface ClaudeAgent {
  /** When to use it; Claude reads this. */
  readonly description: string;
  /** Its system prompt. */
  readonly prompt: string;
  /** The tools it may use, in Claude Code's names. Default: all. */
  readonly tools?: readonly string[];
  /** A model name, or `inherit`. Default: Claude Code's choice. */
  readonly model?: string;
}

/** Claude Code's own options for one run: `session.run(input, { provider: claude(), native: { … } })`. */
export interface ClaudeNative {
  readonly agents?: { readonly [name: string]: ClaudeAgent };
  /** Absolute paths of folders besides the working folder that the agent may use. */
  readonly additionalDirectories?: readonly string[];
  /** Path or name of the program. Default: the provider's `executable`. */
  readonly executable?: string;
  /** Budget for reasoning in one answer, in tokens; 0 switches it off. Default: Claude Code's choice. */
  readonly maxThinkingTokens?: number;
  /** Model to use while the first one is overloaded. */
  readonly fallbackModel?: string;
  /** Names of beta features of the model service. */
  readonly betas?: readonly string[];
  /** As in `ClaudeOptions`, for this run. */
  readonly instructions?: false | readonly string[];
}

/** Options of the provider, for all its runs. */
export interface ClaudeOptions {
  /**
   * Path or name of the Claude Code program. Default: the one that comes with the SDK package, then
   * `claude` in the agent's `PATH`.
   */
  readonly executable?: string;
  /** Model of runs that name none. Default: Claude Code's choice. */
  readonly model?: string;
  /**
   * Texts that are added to the system prompt. Default: the project's `CLAUDE.md`, or its `AGENTS.md` where
   * there is none, at most 64 KiB; that file is passed on as text, while nothing else of the project's agent
   * configuration is read. `false`: nothing.
   */
  readonly instructions?: false | readonly string[];
}

const instructionsSchema = z.union([z.literal(false), z.array(z.string())]).optional();

const nativeSchema = z.object({
  agents: z
    .record(
      z.string().min(1),
      z.strictObject({
        description: z.string().min(1),
        prompt: z.string().min(1),
        tools: z.array(z.string().min(1)).optional(),
        model: z.string().min(1).optional(),
      }),
    )
    .optional(),
  additionalDirectories: z.array(z.string().startsWith('/', 'must be an absolute path')).optional(),
  executable: z.string().min(1).optional(),
  maxThinkingTokens: z.int().min(0).optional(),
  fallbackModel: z.string().min(1).optional(),
  betas: z.array(z.string().min(1)).optional(),
  instructions: instructionsSchema,
});

const optionsSchema = z.object({
  executable: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  instructions: instructionsSchema,
});

/** Native options after the check. */
export type CheckedNative = z.infer<typeof nativeSchema>;
/** Provider options after the check. */
export type CheckedOptions = z.infer<typeof optionsSchema>;

/** Checks native options. Throws `unknown_option` for a name that nothing reads, else `invalid_input`. */
export function checkNative(native: unknown): CheckedNative {
  return checkNativeOf(nativeSchema, native, 'claude');
}

/** Checks the provider's options, in the same way. */
export function checkOptions(options: unknown): CheckedOptions {
  return checkOptionsOf(optionsSchema, options, 'option of claude()');
}
