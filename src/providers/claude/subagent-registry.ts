import type { ToolLineage } from '../../domain/tool.ts';

/** A subagent, as far as its parent's messages told. */
export interface Subagent {
  readonly agentId: string;
  readonly toolCallId: string | undefined;
  readonly agentType: string | undefined;
  background: boolean;
}

/** Knows the run's subagents and which tool call started each. */
export class SubagentRegistry {
  readonly #agents = new Map<string, Subagent>();
  readonly #running = new Set<string>();
  readonly #working = new Set<string>();
  /** Answers of the main thread until it surely knows of the last end: that of the next one may be asked for already. */
  #answersUntilTold = 0;

  start(agent: Subagent): void {
    this.#agents.set(agent.agentId, agent);
    this.#running.add(agent.agentId);
    this.#working.add(agent.agentId);
  }

  get(agentId: string): Subagent | undefined {
    return this.#agents.get(agentId);
  }

  /** It stopped working; the message about its end may still come. */
  rest(agentId: string): void {
    const isTold = this.#agents.get(agentId)?.background !== true;
    if (this.#working.delete(agentId) && !isTold) this.#answersUntilTold = 2;
  }

  /** Marks the end; false when it had ended before, or never started. */
  finish(agentId: string): boolean {
    this.rest(agentId);
    return this.#running.delete(agentId);
  }

  /** Number of subagents that work on after their parent's turn: the process has to live until they end. */
  get workingInBackground(): number {
    return [...this.#working].filter((agentId) => this.#agents.get(agentId)?.background === true).length;
  }

  /** An answer of the main thread begins. */
  mainAnswerBegan(): void {
    this.#answersUntilTold = Math.max(0, this.#answersUntilTold - 1);
  }

  /** True when no subagent works in the background, and the main thread isn't about to be told of the end of one. */
  get settled(): boolean {
    return this.workingInBackground === 0 && this.#answersUntilTold === 0;
  }

  /** Who makes a call, from the subagent's id in Claude Code's question. */
  lineageOf(agentId: string, agentType: string | undefined): ToolLineage {
    const agent = this.#agents.get(agentId);
    const type = agentType ?? agent?.agentType;
    return {
      ...(agent?.toolCallId === undefined ? {} : { parentToolCallId: agent.toolCallId }),
      agentId,
      ...(type === undefined ? {} : { agentType: type }),
    };
  }

  /** The subagent that a tool call started. */
  startedBy(toolCallId: string): Subagent | undefined {
    return [...this.#agents.values()].find((agent) => agent.toolCallId === toolCallId);
  }
}
