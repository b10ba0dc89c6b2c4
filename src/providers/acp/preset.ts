import type { Capabilities } from '../../domain/capability.ts';
import type { ErrorCode } from '../../domain/error-code.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { PermissionMode, ToolKind } from '../../domain/tool.ts';

/** A tool of an agent: our name of it, what it does, and which fields of its input hold paths. */
export interface PresetTool {
  readonly tool: string;
  readonly kind: ToolKind;
  readonly paths?: readonly string[];
}

/** What is known about one agent, as data: how it is started, and where it leaves the common path. */
export interface AcpPreset {
  /** A person's name for it. */
  readonly title: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** The package whose program is taken before one in `PATH`, where it is installed beside this library. */
  readonly package?: { readonly name: string; readonly program: string };
  /** How a person gets it. */
  readonly install: string;
  /** Variables that it inherits besides those of all agents; `*` at the end stands for any rest. */
  readonly environment: readonly string[];
  /** Variables that it must not inherit: marks of an outer agent. */
  readonly withheld?: readonly string[];
  /** Variables each of which signs it in. */
  readonly signIn: readonly string[];
  /** Versions that the contract suite was run with. */
  readonly tested?: { readonly from: string; readonly to: string };
  /** Where its capabilities come from: the contract suite, runs by hand with this version, or its documentation. */
  readonly proof: string;
  readonly capabilities: Partial<Capabilities>;
  /** Its names of our permission modes, and how they are set. A mode without a name is refused. */
  readonly modes?: {
    readonly by: 'session/set_mode' | 'session/set_config_option';
    readonly names: Partial<Readonly<Record<PermissionMode, string>>>;
  };
  /** The variable that chooses its model. Default: the configuration option of that category. */
  readonly modelVariable?: string;
  /** Sent as `_meta` when a session is opened: for projects that are trusted, and for others. */
  readonly sessionMeta?: { readonly trusted: JsonObject; readonly untrusted: JsonObject };
  /** True when `sessionMeta` keeps the settings, hooks and servers of a project out that isn't trusted. */
  readonly isolatesProject?: boolean;
  /**
   * Sent as `_meta.systemPrompt`, with the instructions as its `append`, in place of the protocol's own form, which
   * can't say this.
   */
  readonly systemPromptMeta?: JsonObject;
  /** It takes the request for a new conversation right behind `initialize`, and need not wait for us in between. */
  readonly opensAtOnce?: boolean;
  /** Its program does nothing before it is told something, and ends with its input. */
  readonly startsIdle?: boolean;
  /** Where in `_meta` the limit of model turns goes. */
  readonly maxTurnsMeta?: readonly string[];
  /** It takes Claude Code's hooks in its settings, by which it asks also where other settings keep it from asking. */
  readonly claudeHooks?: boolean;
  /** An error in place of an answer to its permission request refuses the call, and its model is told the message. */
  readonly refusedByError?: boolean;
  /** Told to stop, it takes its permission requests back; answered before, it would ask its model once more. */
  readonly takesQuestionsBack?: boolean;
  /** The request that says something to the agent while it works, and the outcomes that mean it was taken. */
  readonly steering?: { readonly method: string; readonly accepted: readonly string[] };
  /** Its own tools. Others are known only by the kind that the agent says. */
  readonly tools?: { readonly [name: string]: PresetTool };
  /** Where in `_meta` of a tool call its name stands, where `name` is missing. */
  readonly toolNameMeta?: readonly string[];
  /** Where in `_meta` of a tool call the call stands that started its subagent. */
  readonly parentCallMeta?: readonly string[];
  /** True when the input of a call arrives in pieces, so that it is whole only when the call is asked about. */
  readonly streamsToolInput?: boolean;
  /** True when the cost that it tells counts a whole conversation, also over processes, and a fork from zero. */
  readonly costPerConversation?: boolean;
  /** Codes of failures that it types only coarsely, by how their text begins; the first that fits. */
  readonly errorTexts?: readonly { readonly begin: string; readonly code: ErrorCode }[];
  /** Its own notification that passes on messages of Claude Code, asked for in `sessionMeta`. */
  readonly messageNotification?: string;
  /** Its own notifications that say nothing of a run. */
  readonly silentNotifications?: readonly string[];
  /** What users should know, for the table in the guide. */
  readonly notes: string;
}
