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
    this.#working.delete(agentId);
  }

  /** Marks the end; false when it had ended before, or never started. */
  finish(agentId: string): boolean {
    this.#working.delete(agentId);
    return this.#running.delete(agentId);
  }

  /** Number of subagents that work on after their parent's turn: the process has to live until they end. */
  get workingInBackground(): number {
    return [...this.#working].filter((agentId) => this.#agents.get(agentId)?.background === true).length;
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
