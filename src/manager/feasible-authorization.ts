import { isDeepStrictEqual } from 'node:util';
import { hasPlaceholder } from '../approvals/decision-check.ts';
import { isSupported } from '../domain/capability.ts';
import { calledClientTool } from '../domain/client-tool.ts';
import type { Authorization, ToolCall } from '../domain/tool.ts';
import type { Provider } from '../ports/provider.ts';
import type { Redactor } from '../redaction/redactor.ts';

/** Which call was allowed, to whom, and what stands for secrets. */
export interface AllowedCall {
  readonly call: ToolCall;
  readonly provider: Provider;
  readonly redactor: Redactor;
}

/** What was allowed, unless it can't be done: then nothing else may run in its place. */
export function feasible(
  authorization: Authorization,
  { call, provider, redactor }: AllowedCall,
): Authorization {
  if (authorization.decision === 'deny' || authorization.changedInput === undefined) return authorization;
  if (call.kind === 'question') return authorization;
  if (!isSupported(provider.capabilities, 'changed_tool_input')) return unchangeable(provider);
  return hasPlaceholder(authorization.changedInput, redactor)
    ? { decision: 'deny', reason: 'The input that was allowed still has a placeholder in it.' }
    : authorization;
}

/** The same for what the caller allowed. Client tools are ours: whether they can get another input is for the provider to say. */
export function feasibleForCaller(
  authorization: Authorization,
  call: ToolCall,
  provider: Provider,
): Authorization {
  if (authorization.decision === 'deny' || authorization.changedInput === undefined) return authorization;
  if (isDeepStrictEqual(authorization.changedInput, call.input)) return { decision: 'allow' };
  if (call.kind === 'question' || calledClientTool(call) !== undefined) return authorization;
  return isSupported(provider.capabilities, 'changed_tool_input') ? authorization : unchangeable(provider);
}

function unchangeable({ name }: Provider): Authorization {
  return { decision: 'deny', reason: `It was allowed with another input, which ${name} can't take over.` };
}
