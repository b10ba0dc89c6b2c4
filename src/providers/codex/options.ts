import { z } from 'zod';
import { checkNativeOf, checkOptionsOf } from '../../ports/option-check.ts';

/** Codex's own options for one run: `session.run(input, { provider: codex(), native: { … } })`. */
export interface CodexNative {
  /** How much the model reasons, in its own words, such as `low` or `high`. Default: Codex's choice. */
  readonly reasoningEffort?: string;
  /** Default: Codex's choice. */
  readonly reasoningSummary?: 'auto' | 'concise' | 'detailed' | 'none';
  /**
   * Searching the web. The model service does that by itself: the gate is not asked, and searches are
   * told when they are over. Default `disabled`.
   */
  readonly webSearch?: 'disabled' | 'cached' | 'live';
  /** True: the model is offered a tool with which it tells its plan (`plan_updated`). Default: Codex's choice, which is no. */
  readonly plans?: boolean;
  /** Absolute paths of folders besides the working folder that commands may write to. */
  readonly additionalDirectories?: readonly string[];
  /** True: commands in the sandbox may use the network. Default false. */
  readonly networkAccess?: boolean;
  /**
   * `false`: commands run without Codex's sandbox, after the gate allowed them. In it a command that it stops may be run
   * once more without, so that what was allowed once may run twice. Default: the sandbox of the permission mode.
   */
  readonly sandbox?: false;
  /** As in `CodexOptions`, for this run. */
  readonly instructions?: false | readonly string[];
}

/** Options of the provider, for all its runs. */
export interface CodexOptions {
  /** Path or name of the Codex program. Default: the one of the package `@openai/codex`, then `codex` in the agent's `PATH`. */
  readonly executable?: string;
  /** Model of runs that name none. Default: the one of Codex's configuration. */
  readonly model?: string;
  /**
   * Texts that are added to the system prompt. Default: the project's `AGENTS.md`, at most 64 KiB; that file is
   * passed on as text, while nothing else of the project's agent configuration is read. `false`: nothing.
   */
  readonly instructions?: false | readonly string[];
  /**
   * True: runs whose environment is equal share one `codex app-server`, which lives on for a minute after the last of
   * them, and until the provider is disposed. Saves starts of the program. What ends that server fails all its runs.
   * Default false: each session has its own.
   */
  readonly shareServer?: boolean;
  /**
   * Milliseconds that an app-server stays without a run: from 0, at most a day. Default 60,000. A longer time spares
   * starts where people think between two runs, a shorter one memory.
   */
  readonly serverIdleTime?: number;
  /**
   * Milliseconds that Codex may wait with a retry of its own, which it does for as long as a service that limits requests
   * says; then the attempt fails, as with `rate_limited`: at least 1, at most a day. Default 120,000.
   */
  readonly retryWait?: number;
  /**
   * True: rules of Codex's own, in the folder `rules` of its configuration, stand: what they allow is run without
   * asking the gate. Default false: runs are refused while there are any.
   */
  readonly ownRules?: boolean;
}

/** Milliseconds of a day. */
const longestWait = 24 * 60 * 60_000;

const instructionsSchema = z.union([z.literal(false), z.array(z.string())]).optional();

const nativeSchema = z.object({
  reasoningEffort: z.string().min(1).optional(),
  reasoningSummary: z.enum(['auto', 'concise', 'detailed', 'none']).optional(),
  webSearch: z.enum(['disabled', 'cached', 'live']).optional(),
  plans: z.boolean().optional(),
  additionalDirectories: z.array(z.string().startsWith('/', 'must be an absolute path')).optional(),
  networkAccess: z.boolean().optional(),
  sandbox: z.literal(false).optional(),
  instructions: instructionsSchema,
});

const optionsSchema = z.object({
  executable: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  instructions: instructionsSchema,
  shareServer: z.boolean().optional(),
  serverIdleTime: z.int().min(0).max(longestWait).optional(),
  retryWait: z.int().min(1).max(longestWait).optional(),
  ownRules: z.boolean().optional(),
});

/** Native options after the check. */
export type CheckedNative = z.infer<typeof nativeSchema>;
/** Provider options after the check. */
export type CheckedOptions = z.infer<typeof optionsSchema>;

/** Checks native options. Throws `unknown_option` for a name that nothing reads, else `invalid_input`. */
export function checkNative(native: unknown): CheckedNative {
  return checkNativeOf(nativeSchema, native, 'codex');
}

/** Checks the provider's options, in the same way. */
export function checkOptions(options: unknown): CheckedOptions {
  return checkOptionsOf(optionsSchema, options, 'option of codex()');
}
