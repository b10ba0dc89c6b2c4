import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { withClientToolServer } from '../../bridge/helper-program.ts';
import { AsmError } from '../../domain/error.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import {
  refuseTools,
  whyToolForbidden,
  type ToolPolicy,
  type ToolRefusal,
} from '../../domain/tool-policy.ts';
import type { PermissionMode, ToolCall } from '../../domain/tool.ts';
import type { McpServer, RunRequest } from '../../ports/provider.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import { runMarks } from './environment.ts';
import { checkNative, type CheckedNative } from './options.ts';
import type { OwnConfiguration } from './configuration-answer.ts';
import { resourceGateSettings } from './resource-gate.ts';
import type { RunBridge } from './run-bridge.ts';

/** What Codex is asked to be before the gate: everything that changes something is asked about. */
export const approvalPolicy = 'untrusted';

/** Codex's sandbox, under the gate: what a mode can't allow can't be written either. */
const sandboxes: { readonly [mode in PermissionMode]: SandboxMode } = {
  plan: 'read-only',
  default: 'workspace-write',
  accept_edits: 'workspace-write',
  full_auto: 'workspace-write',
  dangerously_skip_permissions: 'danger-full-access',
};

type SandboxMode = 'read-only' | 'workspace-write' | 'danger-full-access';

const sandboxTypes: { readonly [mode in SandboxMode]: string } = {
  'read-only': 'readOnly',
  'workspace-write': 'workspaceWrite',
  'danger-full-access': 'dangerFullAccess',
};

/** The sandbox of a run: that of its mode, or one in which nothing can be written when no tool may change anything. */
export function sandboxOf({ permissionMode, toolPolicy, native }: RunRequest): SandboxMode {
  if (permissionMode === 'plan' || !mayChange(toolPolicy)) return 'read-only';
  return checkNative(native).sandbox === false ? 'danger-full-access' : sandboxes[permissionMode];
}

/** What a policy has Codex itself keep from happening. */
export function refusedTools({ toolPolicy }: RunRequest): ToolRefusal | undefined {
  const search = mayNot(toolPolicy, searchTool) ? [searchTool] : [];
  return mayChange(toolPolicy)
    ? refuseTools('web_search = disabled', toolPolicy, search)
    : refuseTools('sandbox = read-only', toolPolicy, [...changingTools, ...search]);
}

const searchTool = { name: 'web_search', tool: 'web_search', kind: 'fetch' } as const;
const changingTools = [
  { name: 'exec_command', tool: 'bash', kind: 'execute' },
  { name: 'apply_patch', tool: 'edit', kind: 'edit' },
  { name: 'apply_patch', tool: 'write', kind: 'edit' },
] as const;

/** A shell can write what the tool for files may not, so that only a policy against all of them is a sandbox. */
function mayChange(policy: ToolPolicy | undefined): boolean {
  return !changingTools.every((tool) => mayNot(policy, tool));
}

function mayNot(policy: ToolPolicy | undefined, tool: Pick<ToolCall, 'name' | 'tool' | 'kind'>): boolean {
  return policy !== undefined && whyToolForbidden(policy, tool) !== undefined;
}

export interface ThreadSettingsParts {
  readonly request: RunRequest;
  readonly native: CheckedNative;
  readonly model: string | undefined;
  /** The system prompt of the request and the instructions; Codex's own prompt stays. */
  readonly appendedPrompt: string;
  /** What of the person's own configuration is not used. */
  readonly own: OwnConfiguration;
  readonly bridge: RunBridge | undefined;
}

/** The settings of a conversation, the same for a new one, one that goes on and one that branches off. */
export async function threadSettings(parts: ThreadSettingsParts): Promise<JsonObject> {
  const { request, native, model, appendedPrompt } = parts;
  return {
    cwd: request.cwd,
    approvalPolicy,
    approvalsReviewer: 'user',
    sandbox: sandboxOf(request),
    ...(model === undefined ? {} : { model }),
    ...(appendedPrompt === '' ? {} : { developerInstructions: appendedPrompt }),
    config: {
      web_search: mayNot(request.toolPolicy, searchTool) ? 'disabled' : (native.webSearch ?? 'disabled'),
      ...(native.plans === undefined ? {} : { 'tools.update_plan.enabled': native.plans }),
      sandbox_workspace_write: {
        writable_roots: native.additionalDirectories ?? [],
        network_access: native.networkAccess ?? false,
      },
      ...(native.reasoningEffort === undefined ? {} : { model_reasoning_effort: native.reasoningEffort }),
      ...(native.reasoningSummary === undefined ? {} : { model_reasoning_summary: native.reasoningSummary }),
      projects: trust(request),
      // Commands get only what Codex's configuration lets through, or that of the server, and must be found again.
      shell_environment_policy: { set: runMarks(request) },
      mcp_servers: mcpServers(parts),
      ...(parts.bridge === undefined ? {} : await resourceGateSettings(parts.bridge, parts.own.hooks)),
    },
  };
}

/**
 * Says of the folder, and of each above it, whether its own settings, rules and servers are loaded. Without a word
 * about it Codex trusts any folder that it may write to, and writes that down for ever.
 */
function trust(request: RunRequest): JsonObject {
  const level = { trust_level: request.trustProject ? 'trusted' : 'untrusted' };
  const folders = new Set<string>();
  for (const start of [request.cwd, realFolder(request.cwd)]) {
    for (let folder = start; ; folder = dirname(folder)) {
      folders.add(folder);
      if (request.trustProject || dirname(folder) === folder) break;
    }
  }
  return Object.fromEntries([...folders].map((folder) => [folder, level]));
}

/** Looked at without a thread in between, and so at once before Codex looks. */
function realFolder(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function mcpServers({ request, own, bridge }: ThreadSettingsParts): JsonObject {
  const given = request.mcpServers ?? {};
  const servers = bridge?.offersTools === true ? withClientToolServer(given, bridge) : given;
  const taken = own.servers.find((name) => Object.hasOwn(servers, name));
  if (taken !== undefined) {
    // Codex would mix the two, and take over what the other one may do unasked.
    throw new AsmError(
      'invalid_input',
      `Codex's own configuration has an MCP server ${JSON.stringify(taken)}. Give that of the run another name.`,
    );
  }
  return {
    ...Object.fromEntries(own.servers.map((name) => [name, { enabled: false }])),
    ...Object.fromEntries(
      Object.entries(servers).map(([name, server]) => [name, serverSettings(name, server, request)]),
    ),
  };
}

function serverSettings(name: string, server: McpServer, request: RunRequest): JsonObject {
  const gate = { enabled: true, default_tools_approval_mode: 'prompt' };
  switch (server.type) {
    case 'stdio': {
      // Codex hands its own environment on to servers only in part, and they must be found after a crash, too.
      return {
        ...gate,
        command: server.command,
        args: server.arguments ?? [],
        env: { ...server.environment, ...runMarks(request) },
      };
    }
    case 'http':
      return { ...gate, url: server.url, http_headers: server.headers ?? {} };
    case 'sse':
      throw new AsmError(
        'invalid_input',
        `Codex can't use the MCP server ${JSON.stringify(name)}: it knows no servers of the type "sse". Use "http".`,
      );
  }
}

/** What of the answer isn't as it was asked for; `undefined` when all of it is. */
export function settingsMismatch(
  answer: JsonValue,
  settings: JsonObject,
  request: RunRequest,
): string | undefined {
  const asked: readonly (readonly [string, JsonValue | undefined, JsonValue | undefined])[] = [
    ['approval policy', fieldOf(answer, 'approvalPolicy'), approvalPolicy],
    ['reviewer of approvals', fieldOf(answer, 'approvalsReviewer'), 'user'],
    ['sandbox', textField(fieldOf(answer, 'sandbox'), 'type'), sandboxTypes[sandboxOf(request)]],
    ['model', fieldOf(answer, 'model'), settings['model'] ?? fieldOf(answer, 'model')],
  ];
  for (const [what, got, wanted] of asked) {
    if (got !== wanted)
      return `the ${what} is ${JSON.stringify(got ?? null)}, not ${JSON.stringify(wanted ?? null)}.`;
  }
  const cwd = textField(answer, 'cwd') ?? '';
  if (cwd === request.cwd || cwd === realFolder(request.cwd)) return undefined;
  return `the working folder is ${JSON.stringify(cwd)}, not ${JSON.stringify(request.cwd)}.`;
}
