import { AsmError } from '../domain/error.ts';
import type { AgentEnvironment } from '../ports/provider.ts';

/**
 * The variables that every agent inherits: where programs and homes are, language, terminal, proxies
 * and certificates. Nothing that signs anybody in.
 */
export const inheritedVariables = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_*',
  'TZ',
  'TERM',
  'TMPDIR',
  'XDG_*',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
] as const;

/** Variables that are ours to set; an agent of another run must not carry them on. */
const ownPrefix = 'ASM_RUN_';

/**
 * Makes the whole environment of an agent. From `source` it takes the default list, the provider's
 * `names` and what the request names; a name may end in `*`, and a lone `*` names everything, secrets
 * too. Then `extra` is set by the provider, and last what the request sets, which wins. Throws
 * `invalid_input` for names that are empty or hold `=` or NUL, for values that hold NUL, and for names
 * that start with `ASM_RUN_` in the request, by which the agent is found after a crash.
 */
export function agentEnvironment(
  names: readonly string[],
  request: AgentEnvironment = {},
  extra: Readonly<Record<string, string>> = {},
  source: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const patterns = [...inheritedVariables, ...names, ...(request.inherit ?? [])];
  for (const pattern of patterns) checkName(pattern);
  // A map, so that a variable named __proto__ is just a variable.
  const environment = new Map<string, string>();
  const isWanted = nameMatcher(patterns);
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined && isWanted(name) && !name.startsWith(ownPrefix)) environment.set(name, value);
  }
  for (const name of Object.keys(request.set ?? {})) {
    if (name.startsWith(ownPrefix)) {
      throw new AsmError(
        'invalid_input',
        `The variable ${JSON.stringify(name)} is set by the library; choose another name.`,
      );
    }
  }
  for (const [name, value] of [...Object.entries(extra), ...Object.entries(request.set ?? {})]) {
    checkName(name);
    if (value.includes('\0')) {
      throw new AsmError(
        'invalid_input',
        `The value of the variable ${JSON.stringify(name)} contains a NUL character.`,
      );
    }
    environment.set(name, value);
  }
  return Object.fromEntries(environment);
}

function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return (name) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}

function checkName(name: string): void {
  if (name !== '' && !/[=\0]/.test(name)) return;
  throw new AsmError('invalid_input', `${JSON.stringify(name)} is not a name for an environment variable.`);
}
