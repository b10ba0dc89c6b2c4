import { AsmError } from '../../domain/error.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { McpServer } from '../../ports/provider.ts';

/** The run's MCP servers as Codex's settings. Each call of their tools is asked about. */
export function mcpConfig(servers: { readonly [name: string]: McpServer } = {}): JsonObject {
  const settings: Record<string, JsonValue> = {};
  for (const [name, server] of Object.entries(servers)) {
    settings[name] = { ...serverConfig(name, server), default_tools_approval_mode: 'prompt' };
  }
  return settings;
}

function serverConfig(name: string, server: McpServer): JsonObject {
  switch (server.type) {
    case 'stdio':
      return {
        command: server.command,
        args: server.arguments ?? [],
        ...(server.environment === undefined ? {} : { env: server.environment }),
      };
    case 'http':
      return {
        url: server.url,
        ...(server.headers === undefined ? {} : { http_headers: server.headers }),
      };
    case 'sse':
      throw new AsmError(
        'invalid_input',
        `The MCP server ${JSON.stringify(name)} speaks SSE, which Codex doesn't. Give one of type "http" or "stdio".`,
      );
  }
}
