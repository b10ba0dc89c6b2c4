import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { RunRequest } from '../../ports/provider.ts';
import { mcpConfig } from './mcp-config.ts';
import type { CheckedNative, CheckedOptions, CodexNative } from './options.ts';
import { projectTrust } from './project-trust.ts';

/** The settings of one conversation, in the form of Codex's `config.toml`. */
export async function threadConfig(
  options: CheckedOptions,
  native: CheckedNative,
  request: RunRequest<CodexNative>,
): Promise<JsonObject> {
  const own: JsonObject = {
    projects: await projectTrust(request.cwd, request.trustProject),
    mcp_servers: mcpConfig(request.mcpServers),
    // What runs without a question is off unless it is asked for.
    web_search: native.webSearch ?? 'disabled',
    features: {
      view_image: native.viewImages === true,
      multi_agent: native.subagents === true,
      goals: false,
    },
    // By these, the agent's commands are found after a crash.
    shell_environment_policy: { set: { ASM_RUN_ID: request.runId, ASM_RUN_COOKIE: request.cookie } },
    sandbox_workspace_write: {
      network_access: native.networkAccess === true,
      ...(native.additionalDirectories === undefined ? {} : { writable_roots: native.additionalDirectories }),
    },
    // The skills of a project are texts of its authors that would stand among Codex's own instructions.
    ...(request.trustProject ? {} : { skills: { include_instructions: false } }),
    // Codex reads a trusted project's file by itself, and more of them; another's is passed on as text.
    ...(request.trustProject && (native.instructions ?? options.instructions) === undefined
      ? {}
      : { project_doc_max_bytes: 0 }),
    ...(native.reasoningEffort === undefined ? {} : { model_reasoning_effort: native.reasoningEffort }),
    ...(native.reasoningSummary === undefined ? {} : { model_reasoning_summary: native.reasoningSummary }),
  };
  return merge(options.config ?? {}, own);
}

/** One over the other, object by object. */
function merge(under: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, JsonValue> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const below = merged[name];
    merged[name] = isJsonObject(below) && isJsonObject(value) ? merge(below, value) : value;
  }
  return merged;
}
