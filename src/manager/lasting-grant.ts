import { isAbsolute } from 'node:path';
import { isSameInSession, type GrantSubject } from '../approvals/grant-key.ts';
import type { Approval } from '../domain/approval.ts';
import { decideByRules } from '../domain/tool-rule.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { realPathFinder } from './real-path.ts';

/**
 * A grant of the session that lets the call through: for this very call, or by a pattern whose time is not
 * over. Only of the same provider, and never for a question, which wants an answer of its own.
 */
export async function findLastingGrant(
  { store, clock }: Pick<ManagerEnvironment, 'store' | 'clock'>,
  subject: GrantSubject,
): Promise<Approval | undefined> {
  if (subject.call.kind === 'question') return undefined;
  let cursor: string | undefined;
  do {
    const page = await store.approvals({
      sessionId: subject.sessionId,
      lasting: true,
      limit: 1_000,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const found = page.rows.find((approval) => lets(approval, subject, clock.now()));
    if (found !== undefined) return found;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return undefined;
}

function lets(
  { provider, key, decision, cwd: granted }: Approval,
  subject: GrantSubject,
  now: number,
): boolean {
  if (provider !== subject.provider) return false;
  if (decision?.as === 'allow_session') return isSameInSession(key, subject);
  if (decision?.as !== 'allow_pattern' || now >= decision.until) return false;
  const { call, cwd } = subject;
  const { rule } = decision;
  // A folder of the rule is taken from the one in which the person was asked, which another run may have left.
  if (rule.inside !== undefined && !isAbsolute(rule.inside) && cwd !== granted) return false;
  return decideByRules(call, { allow: [rule] }, { cwd, realPaths: realPathFinder() })?.decision === 'allow';
}
