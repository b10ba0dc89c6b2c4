import type { EventType, LogEvent } from '../domain/event.ts';
import { textField } from '../domain/json-field.ts';
import type { PolicyViolation } from '../domain/policy-report.ts';
import type { Run } from '../domain/run.ts';
import type { ManagerEnvironment } from './manager-environment.ts';

/** What a run did before it was parked, or its process was gone, as far as policies limit it. */
export interface EarlierWork {
  readonly violations: readonly PolicyViolation[];
  readonly toolCalls: number;
  readonly turns: number;
  /** Milliseconds in which it did not wait for a person, by the times of its events. */
  readonly worked: number;
  /** Why a person is still to say that it may go on: a limit that was exceeded, and nothing allowed since. */
  readonly question?: string;
}

/** Reads from its log what a run did before it goes on. */
export async function earlierWork({ log }: ManagerEnvironment, run: Run): Promise<EarlierWork> {
  const seen = new WorkSeen();
  for (let after = run.logStart; ;) {
    const page = await log.page({
      ...{ sessionId: run.sessionId, runId: run.id, after, limit: 1_000 },
      types: telling,
    });
    for (const event of page.events) seen.see(event);
    if (!page.hasMore) return seen.result();
    after = page.scannedTo;
  }
}

/** All but the pieces of texts: so that even a run that was killed in its middle is known to have worked until then. */
const telling = [
  'run_started',
  'run_resumed',
  'run_parked',
  'agent_started',
  'message_received',
  'tool_call_started',
  'tool_call_decided',
  'tool_call_completed',
  'tool_call_failed',
  'tool_approval_requested',
  'tool_approval_granted',
  'tool_approval_denied',
  'tool_approval_expired',
  'tool_approval_withdrawn',
  'turn_completed',
  'policy_violated',
] as const satisfies readonly EventType[];

class WorkSeen {
  readonly #violations: PolicyViolation[] = [];
  readonly #open = new Set<string>();
  #toolCalls = 0;
  #turns = 0;
  #worked = 0;
  #last: number | undefined;
  #question: string | undefined;

  see(event: LogEvent): void {
    // Nothing worked between the last event and this one.
    const isBeginning = event.type === 'run_started' || event.type === 'run_resumed';
    if (isBeginning) this.#open.clear();
    else if (this.#open.size === 0) this.#worked += Math.max(0, event.time - (this.#last ?? event.time));
    this.#last = event.time;
    switch (event.type) {
      case 'tool_approval_requested':
        this.#open.add(event.data.approvalId);
        return;
      case 'tool_approval_granted':
      case 'tool_approval_denied':
      case 'tool_approval_expired':
      case 'tool_approval_withdrawn':
        this.#open.delete(event.data.approvalId);
        return;
      case 'tool_call_started':
        this.#toolCalls += 1;
        return;
      case 'turn_completed':
        this.#turns += 1;
        return;
      case 'policy_violated':
        this.#violated(event.data);
        return;
      case 'tool_call_decided':
        if (event.data.decision === 'allow' && (event.data.by === 'approval' || event.data.by === 'caller'))
          this.#question = undefined;
        return;
      default:
    }
  }

  #violated(violation: PolicyViolation): void {
    this.#violations.push(violation);
    const { kind, action, policy, details } = violation;
    if (kind !== 'limit_exceeded' || action !== 'request_approval') return;
    this.#question ??= textField(details, 'reason') ?? `A limit of the policy ${policy} was exceeded.`;
  }

  result(): EarlierWork {
    return {
      violations: this.#violations,
      toolCalls: this.#toolCalls,
      turns: this.#turns,
      worked: this.#worked,
      ...(this.#question === undefined ? {} : { question: this.#question }),
    };
  }
}
