import type { PolicyLayer, PolicyStrength } from '../domain/policy-report.ts';
import type { ToolRefusal } from '../domain/tool-policy.ts';
import { heldParts, type HeldPart } from '../policy/policy-text.ts';
import type { MergedPolicy } from '../policy/policy-stack.ts';

/** What is known of how a run was held. */
export interface HeldBy {
  /** Tools that the agent was told to refuse, where it said so. */
  readonly refusedTools: ToolRefusal | undefined;
  /** The provider asks before its tools run. */
  readonly isGated: boolean;
  /** Something told what the run cost. */
  readonly isCostTold: boolean;
}

/** The strength with which each rule and limit held. A rule that the agent was told is gated besides. */
export function policyLayers(merged: MergedPolicy, heldBy: HeldBy): readonly PolicyLayer[] {
  const parts = heldParts(merged);
  const { refusedTools } = heldBy;
  const layer = (strength: PolicyStrength): readonly PolicyLayer[] => {
    const holds = parts.filter((part) => strengthOf(part, heldBy) === strength).map(({ text }) => text);
    return holds.length === 0 ? [] : [{ layer: strength, holds }];
  };
  return [
    ...(refusedTools === undefined
      ? []
      : [
          {
            layer: 'compiled' as const,
            holds: parts.filter((part) => isCompiled(part, refusedTools)).map(({ text }) => text),
            how: `${refusedTools.setting}: ${refusedTools.tools.join(', ')}`,
          },
        ]),
    ...layer('gated'),
    ...layer('observed'),
    ...layer('unheld'),
  ];
}

/** Of rules only those that name whole tools can be told to agents; see `toolPolicyOf`. */
function isCompiled({ is, text, action }: HeldPart, { rules }: ToolRefusal): boolean {
  if (action === 'request_approval' || (is !== 'tools' && is !== 'deny')) return false;
  return rules.includes(text.replace(/^deny /, ''));
}

function strengthOf({ is }: HeldPart, { isGated, isCostTold }: HeldBy): PolicyStrength {
  switch (is) {
    case 'costUsd':
      return isCostTold ? 'observed' : 'unheld';
    case 'totalTokens':
    case 'turns':
    case 'duration':
      return 'observed';
    case 'toolCalls':
    case 'allow':
    case 'ask':
    case 'deny':
    case 'tools':
      return isGated ? 'gated' : 'observed';
  }
}
