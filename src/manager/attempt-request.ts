import { randomUUID } from 'node:crypto';
import type { InputMessage } from '../domain/message.ts';
import { toolPolicyOf } from '../policy/policy-stack.ts';
import type { RunRequest } from '../ports/provider.ts';
import type { AttemptStart } from './attempt-start.ts';
import { mergedPolicyOf } from './policy-options.ts';
import type { PreparedRun } from './prepared-run.ts';
import type { Run } from '../domain/run.ts';

/** What a provider is asked for in one attempt. */
export function attemptRequest(
  prepared: PreparedRun,
  run: Run,
  attempt: number,
  start: AttemptStart,
  { native, lastRun }: { readonly native: object | undefined; readonly lastRun: boolean },
): RunRequest {
  const { session, options, cwd, clientTools } = prepared;
  const systemPrompt = options.systemPrompt ?? session.systemPrompt;
  const policy = mergedPolicyOf(options);
  return {
    sessionId: run.sessionId,
    runId: run.id,
    attempt,
    messages: [...toldBefore(start), ...prepared.messages],
    cwd,
    permissionMode: options.permissionMode ?? 'default',
    cookie: run.cookie ?? randomUUID(),
    trustProject: options.trustProject ?? false,
    ...(options.model === undefined ? {} : { model: options.model }),
    ...(systemPrompt === undefined ? {} : { systemPrompt }),
    ...(options.maxTurns === undefined ? {} : { maxTurns: options.maxTurns }),
    ...(options.mcpServers === undefined ? {} : { mcpServers: options.mcpServers }),
    ...(clientTools === undefined ? {} : { clientTools: clientTools.descriptions }),
    ...(options.outputSchema === undefined ? {} : { outputSchema: options.outputSchema }),
    ...(options.environment === undefined ? {} : { environment: options.environment }),
    ...(policy === undefined ? {} : { toolPolicy: toolPolicyOf(policy) }),
    ...(start.resume === undefined ? {} : { resume: start.resume }),
    ...(lastRun ? { lastRun } : {}),
    ...(native === undefined ? {} : { native }),
  };
}

function toldBefore({ replay }: AttemptStart): readonly InputMessage[] {
  return replay === undefined ? [] : [{ role: 'user', text: replay.text }];
}
