import { z } from 'zod';
import { AsmError } from '../../domain/error.ts';
import type { JsonObject } from '../../domain/json.ts';
import { nearestName } from '../../domain/nearest-name.ts';

/** How hard the model thinks, in Codex's words. */
export const reasoningEfforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const;

/** Codex's own options for one run: `session.run(input, { provider: codex(), native: { … } })`. */
export interface CodexNative {
  /** Path or name of the program. Default: the provider's `executable`. */
  readonly executable?: string;
  /** How hard the model thinks. Default: Codex's choice for the model. */
  readonly reasoningEffort?: (typeof reasoningEfforts)[number];
  /** How the model's reasoning is summed up. Default: Codex's choice. */
  readonly reasoningSummary?: 'auto' | 'concise' | 'detailed' | 'none';
  /** True: commands in the sandbox may use the network, in modes in which they may write. Default false. */
  readonly networkAccess?: boolean;
  /** Absolute paths of folders besides the working folder that the sandbox lets commands write to. */
  readonly additionalDirectories?: readonly string[];
  /** Lets the model search the web. The gate is not asked about it, only told. Default: off. */
  readonly webSearch?: 'cached' | 'live';
  /** True: the model may look at image files. The gate is not asked about it, only told. Default false. */
  readonly viewImages?: boolean;
  /** True: the model may start subagents. The gate is not asked about that, but about what they do. Default false. */
  readonly subagents?: boolean;
  /** As in `CodexOptions`, for this run. */
  readonly instructions?: false | readonly string[];
}

/** Options of the provider, for all its runs. */
export interface CodexOptions {
  /** Path or name of the Codex program. Default: the one of the package `@openai/codex`, then `codex` in the agent's `PATH`. */
  readonly executable?: string;
  /** Model of runs that name none. Default: Codex's choice. */
  readonly model?: string;
  /**
   * True: runs with an equal environment and configuration share one `codex app-server`, which saves the
   * start of a program for each. Its end fails all its runs. It ends 60 s after its last run, and with the
   * manager. Default false: one server a run.
   */
  readonly shareServer?: boolean;
  /** Name of the provider. Default `codex`; give another to use two accounts or configurations at once. */
  readonly name?: string;
  /** Settings of Codex in the form of its `config.toml`, such as `{ model_provider: '…' }`. They win over that file. */
  readonly config?: JsonObject;
  /**
   * Texts that are added to Codex's own instructions. Default: the project's `AGENTS.md`, or its `CLAUDE.md`
   * where there is none, at most 64 KiB; that file is passed on as text, while nothing else of the project's
   * agent configuration is read. `false`: nothing.
   */
  readonly instructions?: false | readonly string[];
}

const instructionsSchema = z.union([z.literal(false), z.array(z.string())]).optional();

const nativeSchema = z.object({
  executable: z.string().min(1).optional(),
  reasoningEffort: z.enum(reasoningEfforts).optional(),
  reasoningSummary: z.enum(['auto', 'concise', 'detailed', 'none']).optional(),
  networkAccess: z.boolean().optional(),
  additionalDirectories: z.array(z.string().startsWith('/', 'must be an absolute path')).optional(),
  webSearch: z.enum(['cached', 'live']).optional(),
  viewImages: z.boolean().optional(),
  subagents: z.boolean().optional(),
  instructions: instructionsSchema,
});

const optionsSchema = z.object({
  executable: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  shareServer: z.boolean().optional(),
  name: z.string().min(1).optional(),
  config: z.record(z.string(), z.json()).optional(),
  instructions: instructionsSchema,
});

/** Native options after the check. */
export type CheckedNative = z.infer<typeof nativeSchema>;
/** Provider options after the check. */
export type CheckedOptions = z.infer<typeof optionsSchema>;

/** Checks native options. Throws `unknown_option` for a name that nothing reads, else `invalid_input`. */
export function checkNative(native: unknown): CheckedNative {
  return check(nativeSchema, native, 'native option of codex');
}

/** Checks the provider's options, in the same way. */
export function checkOptions(options: unknown): CheckedOptions {
  return check(optionsSchema, options, 'option of codex()');
}

function check<Schema extends z.ZodObject>(schema: Schema, given: unknown, what: string): z.infer<Schema> {
  const names = Object.keys(schema.shape);
  if (typeof given === 'object' && given !== null) {
    for (const name of Object.keys(given)) {
      if (names.includes(name)) continue;
      const nearest = nearestName(name, names);
      const advice =
        nearest === undefined ? `Known: ${names.join(', ')}.` : `Did you mean ${JSON.stringify(nearest)}?`;
      throw new AsmError('unknown_option', `There is no ${what} ${JSON.stringify(name)}. ${advice}`, {
        details: { option: name, ...(nearest === undefined ? {} : { nearest }) },
      });
    }
  }
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : ` ${issue.path.map(String).join('.')}`;
  throw new AsmError('invalid_input', `The ${what}${where} is not valid: ${issue?.message ?? 'malformed'}.`);
}
