import type { LoopReport } from '../domain/loop-report.ts';
import type { ToolCall, ToolLineage } from '../domain/tool.ts';
import { CallOrder } from './call-order.ts';
import { begunCall, callId, type BegunCall, type CallOutcome, type CallStep } from './call-step.ts';
import type { LoopSettings } from './loop-options.ts';
import { Repetition, type Repeated } from './repetition.ts';

/** Agents of one run that are watched at a time; the one that was heard of least lately is forgotten. */
const mostAgents = 32;
/** Questions of one agent that are kept at most. */
const mostAsked = 64;

/** One agent of a run: the main thread, or a subagent. */
interface WatchedAgent {
  readonly id: string | undefined;
  readonly order: CallOrder;
  repetition: Repetition;
  /** The loop in which it was found last, until it does something else or is allowed to go on. */
  loop: Repeated | undefined;
  /** Calls about which somebody was asked because of the loop. */
  readonly asked: Set<string>;
}

/** A call with what is known of it when it begins. */
export type StartedCall = Pick<ToolCall, 'id' | 'name' | 'tool' | 'input' | 'remarks' | 'lineage'>;

/** Finds out when an agent goes round in circles. What it keeps is bounded, whatever the agent does. */
export class LoopDetector {
  readonly #settings: LoopSettings;
  readonly #agents = new Map<string, WatchedAgent>();

  constructor(settings: LoopSettings) {
    this.#settings = settings;
  }

  /** Calls that are kept, of all agents. */
  get size(): number {
    let size = 0;
    for (const { order, asked } of this.#agents.values()) size += order.size + asked.size;
    return size;
  }

  /** A call begins. */
  started(call: StartedCall): void {
    const { order } = this.#agent(call.lineage);
    if (!order.has(callId(call.id))) order.begin(begunCall(call));
  }

  /** Somebody decides about a call. Gives the loop that it would go on with, if that is to be asked about. */
  asked(call: StartedCall): LoopReport | undefined {
    const isAsked = this.#settings.action === 'request_approval';
    // Without remarks nothing is known now that was not known when it began.
    if (!isAsked && call.remarks === undefined) return undefined;
    const agent = this.#agent(call.lineage);
    const begun = begunCall(call);
    agent.order.refine(begun);
    if (!isAsked) return undefined;
    if (agent.loop === undefined || !agent.loop.round.some((step) => goesOn(step, begun))) return undefined;
    // Questions that were taken back and never decided.
    if (agent.asked.size >= mostAsked) agent.asked.clear();
    agent.asked.add(begun.toolCallId);
    return reportOf(agent.loop, agent);
  }

  /** It was decided about a call. Allowed to go on, an agent may repeat itself as often as before. */
  decided(id: string, decision: 'allow' | 'deny'): void {
    for (const agent of this.#agents.values()) {
      if (!agent.asked.delete(callId(id)) || decision === 'deny') continue;
      agent.loop = undefined;
      agent.repetition = new Repetition(this.#settings);
    }
  }

  /** A call has ended; without an outcome it was stopped. Gives a loop once, when it is found. */
  ended(id: string, outcome: CallOutcome | undefined): LoopReport | undefined {
    let found: LoopReport | undefined;
    for (const agent of this.#agents.values()) {
      agent.asked.delete(callId(id));
      for (const step of agent.order.end(callId(id), outcome)) found = this.#take(agent, step) ?? found;
    }
    return found;
  }

  /** The agent's process ended, and another goes on with the conversation: of the open calls only `but` goes on. */
  agentEnded(but?: string): void {
    for (const { order, asked } of this.#agents.values()) {
      asked.clear();
      order.leaveOpen(but === undefined ? undefined : callId(but));
    }
  }

  /** Another agent takes over, or the same begins anew. */
  reset(): void {
    this.#agents.clear();
  }

  #take(agent: WatchedAgent, step: CallStep): LoopReport | undefined {
    const { loop } = agent;
    // What fails, as by being refused, is no way out of a loop.
    if (loop !== undefined && !step.failed && !loop.round.some((known) => goesOn(known, step)))
      agent.loop = undefined;
    const repeated = agent.repetition.push(step);
    if (repeated === undefined) return undefined;
    agent.loop = repeated;
    return reportOf(repeated, agent);
  }

  #agent(lineage: ToolLineage | undefined): WatchedAgent {
    const id = lineage?.agentId ?? lineage?.parentToolCallId;
    const name = callId(id ?? '');
    const known = this.#agents.get(name);
    const agent: WatchedAgent = known ?? {
      id: id === undefined ? undefined : name,
      order: new CallOrder(),
      repetition: new Repetition(this.#settings),
      loop: undefined,
      asked: new Set(),
    };
    this.#agents.delete(name);
    this.#agents.set(name, agent);
    if (this.#agents.size > mostAgents) {
      const [oldest = ''] = this.#agents.keys();
      this.#agents.delete(oldest);
    }
    return agent;
  }
}

/** True when the call is one of a loop again: the same, or one more of the tool that fails. */
function goesOn(step: CallStep, call: BegunCall): boolean {
  return step.anyInput ? step.tool === call.tool : step.input === call.input;
}

function reportOf({ kind, times, round }: Repeated, { id }: WatchedAgent): LoopReport {
  const calls = round.map(({ toolCallId, name, tool }) => ({ toolCallId, name, tool }));
  const names = calls.map(({ name }) => name).join(', ');
  const reasons = {
    same_call: `The agent made the same call of ${names} ${times} times in a row, with the same result.`,
    same_error: `Calls of ${names} failed ${times} times in a row with the same text.`,
    cycle: `The agent made the same calls in turn ${times} times, with the same results: ${names}.`,
  };
  return { kind, times, calls, reason: reasons[kind], ...(id === undefined ? {} : { agentId: id }) };
}
