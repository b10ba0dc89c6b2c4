import type { EventDraft } from '../domain/event.ts';
import type { RunState } from '../domain/run-activity.ts';
import type { ToolKind } from '../domain/tool.ts';

/** Open calls that are kept at most: no agent has as many. */
const mostCalls = 1_000;

interface OpenCall {
  readonly kind: ToolKind;
  /** The call is another agent, and one hears of its work: then its silence is that of an agent. */
  isHeardOf: boolean;
}

/** Knows from the events of a run what it does. */
export class WorkTracker {
  readonly #calls = new Map<string, OpenCall>();
  readonly #waits = { person: 0, quota: 0 };
  /** A call that the next agent takes up. */
  #toCome: [string, OpenCall] | undefined;
  #hasSpoken = false;
  #isBetweenAttempts = false;

  /** What the run does, apart from whether it stalls. */
  get state(): Exclude<RunState, 'stalled'> {
    if (this.#waits.quota > 0) return 'waiting_for_quota';
    if (this.#waits.person > 0) return 'waiting_for_person';
    if (this.#isInTool) return 'in_tool';
    return this.#hasSpoken ? 'streaming' : 'starting';
  }

  /** True while the agent has nothing to do: a person or a quota is waited for, or the next attempt. */
  get isStanding(): boolean {
    return this.#isBetweenAttempts || this.#waits.person > 0 || this.#waits.quota > 0;
  }

  /** Ids of the calls that excuse silence. */
  get runningCalls(): readonly string[] {
    return [...this.#calls].flatMap(([id, call]) => (excusesSilence(call) ? id : []));
  }

  get #isInTool(): boolean {
    for (const call of this.#calls.values()) if (excusesSilence(call)) return true;
    return false;
  }

  /** A wait begins or ends. */
  wait(what: 'person' | 'quota', begins: boolean): void {
    this.#waits[what] = Math.max(0, this.#waits[what] + (begins ? 1 : -1));
  }

  /** Takes in what the run did before it goes on with another process of its agent. */
  recall(draft: EventDraft): void {
    switch (draft.type) {
      case 'run_parked':
        this.#agentEnded(draft.data.toolCallId);
        return;
      case 'run_resumed':
        if (draft.data.from === 'interrupted') this.#agentEnded();
        return;
      default:
        this.see(draft);
    }
  }

  /** Of the open calls only `but` goes on, once another agent is there to take it up. */
  #agentEnded(but?: string): void {
    const call = but === undefined ? undefined : this.#calls.get(but);
    this.#toCome = but === undefined || call === undefined ? undefined : [but, call];
    this.#calls.clear();
    this.#hasSpoken = false;
  }

  see(draft: EventDraft): void {
    this.#hearOf(draft);
    switch (draft.type) {
      case 'attempt_failed':
        this.#calls.clear();
        this.#hasSpoken = false;
        this.#isBetweenAttempts = true;
        return;
      case 'attempt_routed':
        this.#isBetweenAttempts = false;
        return;
      case 'agent_started':
        this.#isBetweenAttempts = false;
        if (this.#toCome !== undefined) this.#calls.set(...this.#toCome);
        this.#toCome = undefined;
        return;
      case 'tool_call_started':
        this.#hasSpoken = true;
        if (this.#calls.size < mostCalls)
          this.#calls.set(draft.data.toolCallId, { kind: draft.data.kind, isHeardOf: false });
        return;
      case 'tool_call_decided':
        if (draft.data.decision === 'deny') this.#calls.delete(draft.data.toolCallId);
        return;
      case 'tool_call_completed':
      case 'tool_call_failed':
        this.#calls.delete(draft.data.toolCallId);
        return;
      case 'message_streamed':
      case 'message_received':
      case 'reasoning_streamed':
      case 'reasoning_received':
      case 'turn_completed':
        this.#hasSpoken = true;
        return;
      default:
    }
  }

  #hearOf(draft: EventDraft): void {
    if (this.#calls.size === 0) return;
    const parent = parentCall(draft);
    const call = parent === undefined ? undefined : this.#calls.get(parent);
    if (call !== undefined) call.isHeardOf = true;
  }
}

function excusesSilence({ kind, isHeardOf }: OpenCall): boolean {
  return kind !== 'agent' || !isHeardOf;
}

/** The call whose subagent an event comes from. */
function parentCall(draft: EventDraft): string | undefined {
  switch (draft.type) {
    case 'tool_call_started':
      return draft.data.lineage?.parentToolCallId;
    case 'message_streamed':
    case 'message_received':
    case 'reasoning_streamed':
    case 'reasoning_received':
    case 'turn_completed':
    case 'tool_call_completed':
    case 'tool_call_failed':
      return draft.data.parentToolCallId;
    default:
      return undefined;
  }
}
