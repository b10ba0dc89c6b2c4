import { claudeTools } from './claude-tools.ts';
import type { AcpPreset } from './preset.ts';

/** What every agent that was driven by hand could do; asking before tools is up to the agent. */
const common = {
  text_deltas: 'native',
  reasoning: 'native',
  tool_events: 'native',
  approval_before_tool: 'observed',
  interrupt: 'native',
  mcp_servers: 'native',
  client_tools: 'emulated',
  transcript_replay: 'emulated',
  process_isolation: 'emulated',
} as const;

/** The messages that say what each answer read; all of them would be everything twice. */
const emitRawSDKMessages = [{ type: 'assistant' }];

/** Agents of which something is known. Whatever isn't here is started by its command line. */
export const acpPresets = {
  'claude-agent-acp': {
    title: 'Claude Code',
    command: 'claude-agent-acp',
    arguments: [],
    package: { name: '@agentclientprotocol/claude-agent-acp', program: 'claude-agent-acp' },
    install: 'npm install @agentclientprotocol/claude-agent-acp',
    environment: [
      'ANTHROPIC_*',
      'CLAUDE_CODE_*',
      'CLAUDE_CONFIG_DIR',
      'API_TIMEOUT_MS',
      'DISABLE_TELEMETRY',
      'DISABLE_ERROR_REPORTING',
      'DISABLE_AUTOUPDATER',
      'IS_SANDBOX',
    ],
    withheld: [
      'CLAUDE_CODE_ENTRYPOINT',
      'CLAUDE_CODE_SESSION_ID',
      'CLAUDE_CODE_SSE_PORT',
      'CLAUDE_CODE_CHILD_SESSION',
    ],
    signIn: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'],
    tested: { from: '0.101.0', to: '0.101.0' },
    proof: 'contract suite',
    capabilities: {
      ...common,
      approval_before_tool: 'native',
      steer: 'native',
      native_resume: 'native',
      fork: 'native',
      system_prompt: 'native',
      max_turns: 'native',
      tool_rules: 'emulated',
      cost_reported: 'native',
      usage_reported: 'native',
      usage_per_answer: 'native',
      permission_modes: 'emulated',
    },
    // All but planning is decided by our gate, which is asked about every call.
    modes: {
      by: 'session/set_mode',
      names: {
        default: 'default',
        accept_edits: 'default',
        plan: 'plan',
        full_auto: 'default',
        dangerously_skip_permissions: 'default',
      },
    },
    modelVariable: 'ANTHROPIC_MODEL',
    sessionMeta: {
      untrusted: {
        claudeCode: {
          emitRawSDKMessages,
          options: {
            settingSources: [],
            promptSuggestions: false,
            allowDangerouslySkipPermissions: false,
            // Without it, calls that change nothing or that Claude Code holds for safe are not asked about.
            settings: { permissions: { ask: ['*'] } },
          },
        },
      },
      trusted: {
        claudeCode: {
          emitRawSDKMessages,
          options: {
            settingSources: ['project', 'local'],
            promptSuggestions: false,
            allowDangerouslySkipPermissions: false,
            settings: { permissions: { ask: ['*'] } },
          },
        },
      },
    },
    isolatesProject: true,
    opensAtOnce: true,
    startsIdle: true,
    // Else a conversation would keep the prompt of its first run.
    systemPromptMeta: { snapshot: false },
    maxTurnsMeta: ['claudeCode', 'options', 'maxTurns'],
    claudeHooks: true,
    refusedByError: true,
    takesQuestionsBack: true,
    steering: { method: '_session/steering', accepted: ['injected'] },
    tools: claudeTools,
    toolNameMeta: ['claudeCode', 'toolName'],
    parentCallMeta: ['claudeCode', 'parentToolUseId'],
    streamsToolInput: true,
    costPerConversation: true,
    errorTexts: [
      { begin: 'API Error: 529', code: 'provider_overloaded' },
      { begin: 'API Error: 400', code: 'invalid_request' },
      { begin: 'API Error: 402', code: 'quota_exceeded' },
      { begin: 'API Error: JSON Parse error', code: 'provider_unavailable' },
      { begin: 'Prompt is too long', code: 'context_window_exceeded' },
      { begin: 'Request too large', code: 'context_window_exceeded' },
      { begin: 'Reached maximum number of turns', code: 'max_turns_reached' },
    ],
    messageNotification: '_claude/sdkMessage',
    silentNotifications: ['_auth/status_update'],
    notes: 'Every tool call is asked about, also those of subagents and those that only look.',
  },
  'codex-acp': {
    title: 'Codex',
    command: 'codex-acp',
    arguments: [],
    package: { name: '@agentclientprotocol/codex-acp', program: 'codex-acp' },
    install: 'npm install @agentclientprotocol/codex-acp',
    environment: ['OPENAI_*', 'CODEX_*'],
    signIn: ['OPENAI_API_KEY', 'CODEX_API_KEY'],
    proof: 'runs with 2.6.0',
    capabilities: { ...common, native_resume: 'native', usage_reported: 'native' },
    // Its own default mode lets a second model decide in place of a person.
    modes: {
      by: 'session/set_mode',
      names: {
        default: 'workspace-write',
        accept_edits: 'workspace-write',
        plan: 'read-only',
        full_auto: 'agent',
        dangerously_skip_permissions: 'agent-full-access',
      },
    },
    notes: 'A refusal ends the turn. Failures of the model service come as text of the agent (429, 500).',
  },
  opencode: {
    title: 'opencode',
    command: 'opencode',
    arguments: ['acp'],
    install: 'npm install --global opencode-ai',
    environment: [
      'OPENCODE_*',
      'ANTHROPIC_API_KEY',
      'OPENAI_API_KEY',
      'OPENROUTER_API_KEY',
      'GEMINI_API_KEY',
    ],
    signIn: [],
    proof: 'runs with 1.18.33',
    capabilities: { ...common, native_resume: 'native' },
    modes: { by: 'session/set_config_option', names: { default: 'build', plan: 'plan' } },
    notes: 'A refusal ends the turn. It asks only what its own configuration (`permission`) says `ask` for.',
  },
  gemini: {
    title: 'Gemini CLI',
    command: 'gemini',
    arguments: ['--acp'],
    install: 'npm install --global @google/gemini-cli',
    environment: ['GEMINI_*', 'GOOGLE_*'],
    signIn: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    proof: 'runs with 0.61.0',
    capabilities: common,
    modes: {
      by: 'session/set_mode',
      names: {
        default: 'default',
        accept_edits: 'autoEdit',
        plan: 'plan',
        dangerously_skip_permissions: 'yolo',
      },
    },
    notes: 'Conversations do not outlive its process. A tool that hangs may have to be ended with the agent.',
  },
  goose: {
    title: 'Goose',
    command: 'goose',
    arguments: ['acp'],
    install: 'see https://block.github.io/goose',
    environment: ['GOOSE_*', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GOOGLE_API_KEY'],
    signIn: [],
    proof: 'its documentation',
    capabilities: common,
    notes: 'Not measured. Set GOOSE_MODE to say what it asks about.',
  },
  'copilot-cli': {
    title: 'GitHub Copilot CLI',
    command: 'copilot',
    arguments: ['--acp'],
    install: 'npm install --global @github/copilot',
    environment: ['COPILOT_*', 'GH_TOKEN', 'GITHUB_TOKEN'],
    signIn: ['GH_TOKEN', 'GITHUB_TOKEN'],
    proof: 'its documentation',
    capabilities: common,
    notes: 'Not measured.',
  },
} as const satisfies Record<string, AcpPreset>;

/** The names of the known agents. */
export type AcpPresetName = keyof typeof acpPresets;

/** The preset of a name; `undefined` where none is named. */
export function presetOf(name: AcpPresetName | undefined): AcpPreset | undefined {
  return name === undefined ? undefined : acpPresets[name];
}

/** An agent of which nothing is known but that it speaks the protocol. */
export const unknownAgent = common;
