import type { CapabilityName } from '../domain/capability.ts';
import { AsmError } from '../domain/error.ts';
import { decidedBy } from '../domain/error-setting.ts';
import {
  missingCapabilities,
  negotiate,
  type CapabilityDemand,
  type Negotiation,
} from '../domain/negotiation.ts';
import type { Session } from '../domain/session.ts';
import type { Provider } from '../ports/provider.ts';
import { policyNeeds } from './policy-options.ts';
import type { RunOptions } from './run-options.ts';

/** What options ask of a provider without naming the capability, and the option that does. */
function impliedNeeds(
  options: RunOptions,
  session: Session,
): readonly (readonly [capability: CapabilityName, what: string])[] {
  const { continuation, loops = false } = options;
  const asksAboutLoops = loops !== false && loops.action === 'request_approval';
  const asked: readonly (readonly [unknown, CapabilityName, string])[] = [
    [options.maxTurns, 'max_turns', 'a limit of turns'],
    [options.systemPrompt ?? session.systemPrompt, 'system_prompt', 'a system prompt'],
    [options.mcpServers, 'mcp_servers', 'MCP servers'],
    [options.clientTools, 'client_tools', 'client tools'],
    [options.outputSchema, 'structured_output', 'an answer in a form'],
    [options.rules, 'tool_rules', 'tool rules'],
    [options.authorize, 'approval_before_tool', 'questions before tools run'],
    [
      options.approvals === false ? undefined : options.approvals,
      'approval_before_tool',
      'approvals before tools run',
    ],
    [asksAboutLoops ? true : undefined, 'approval_before_tool', 'questions about loops'],
    [options.permissionMode, 'permission_modes', 'permission modes'],
    [continuation === 'native' ? true : undefined, 'native_resume', 'native continuation'],
    [continuation === 'replay' ? true : undefined, 'transcript_replay', 'continuation by replay'],
  ];
  return asked.flatMap(([value, capability, what]) =>
    value === undefined ? [] : [[capability, what] as const],
  );
}

/** All that a run wants of its provider. */
export function runDemand(options: RunOptions, session: Session): CapabilityDemand {
  const implied = impliedNeeds(options, session).map(([capability]) => capability);
  return {
    required: [...new Set([...implied, ...policyNeeds(options), ...(options.requires ?? [])])],
    preferred: options.prefers ?? [],
    acceptObserved: options.acceptObserved ?? false,
  };
}

/**
 * Holds what a run wants against what its provider can do, before anything is written. Throws
 * `capability_not_supported` for options that it can't serve, `missing_required_capability` for capabilities that the run
 * names, and for a router that has no candidate for all of it.
 */
export function checkDemand(provider: Provider, options: RunOptions, session: Session): Negotiation {
  const demand = runDemand(options, session);
  if (provider.router !== undefined) {
    const fits = provider.router.candidates.some(
      ({ capabilities }) => missingCapabilities(capabilities, demand).length === 0,
    );
    // The router says which candidate lacks what.
    if (!fits) provider.router.route({ sessionId: session.id, demand }).first();
  }
  const named = missingCapabilities(provider.capabilities, demand);
  const unserved = impliedNeeds(options, session).filter(([capability]) => named.includes(capability));
  const byName: readonly CapabilityName[] = [...policyNeeds(options), ...(options.requires ?? [])];
  if (unserved.length > 0 && !named.some((name) => byName.includes(name))) {
    const isObserved = unserved.every(([capability]) => provider.capabilities[capability] === 'observed');
    throw new AsmError(
      'capability_not_supported',
      `${provider.name} can't do what the run asks for: ${unserved.map(([, what]) => what).join(', ')}. ` +
        (isObserved
          ? 'It only observes that, which a run may accept.'
          : 'Leave that out or take another provider.'),
      {
        details: {
          provider: provider.name,
          missing: unserved.map(([capability]) => capability),
          ...(isObserved ? decidedBy('acceptObserved') : {}),
        },
      },
    );
  }
  const forPolicies: readonly CapabilityName[] = policyNeeds(options);
  return negotiate(provider.name, provider.capabilities, demand, (name) =>
    forPolicies.includes(name) ? '(for its policies)' : undefined,
  );
}
