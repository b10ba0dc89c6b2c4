import type { ModelScript, ModelTurn } from '../../src/testing/index.ts';
import type { ExampleAgent, ExampleTool } from './example-agent.ts';

/** What the scripted model says, with tools that every agent has. */
export type ExampleTurn = Omit<ModelTurn, 'tools'> & { readonly tools?: readonly ExampleTool[] };

/** The turns in the words of one agent. */
export function scriptFor(agent: Pick<ExampleAgent, 'call'>, turns: readonly ExampleTurn[]): ModelScript {
  return turns.map(({ tools, ...turn }) => ({
    ...turn,
    ...(tools === undefined ? {} : { tools: tools.map((tool) => agent.call(tool)) }),
  }));
}
