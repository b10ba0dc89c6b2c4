import type { JsonValue } from '../../domain/json.ts';
import { objectField, textField } from '../../domain/json-field.ts';

/** What of Codex' own configuration must be known. Its servers and hooks are not used. */
export interface OwnConfiguration {
  /** Names of its MCP servers. */
  readonly servers: readonly string[];
  /** Keys of the hooks that the person has let Codex run. */
  readonly hooks: readonly string[];
  /** Variables in which its model providers have their keys (`env_key`). */
  readonly keyVariables: readonly string[];
}

/** What of it stands in the answer to `config/read`. */
export function ownConfigurationIn(answer: JsonValue): OwnConfiguration {
  const configuration = objectField(answer, 'config');
  const providers = Object.values(objectField(configuration, 'model_providers'));
  return {
    servers: Object.keys(objectField(configuration, 'mcp_servers')),
    // Only hooks that a person has looked at have a state.
    hooks: Object.keys(objectField(objectField(configuration, 'hooks'), 'state')),
    keyVariables: providers.flatMap((provider) => textField(provider, 'env_key') ?? []),
  };
}
