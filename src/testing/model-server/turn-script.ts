import { AsmError } from '../../domain/error.ts';
import type { ModelRequest } from './model-request.ts';
import type { ModelTurn } from './model-turn.ts';

/**
 * What the model says: turns in their order, or a function that makes one for each request. The
 * signal aborts when the client or the server closes the connection.
 */
export type ModelScript =
  | readonly ModelTurn[]
  | ((request: ModelRequest, options: { readonly signal: AbortSignal }) => ModelTurn | Promise<ModelTurn>);

/** What the model says when its script has no more turns. */
export const scriptIsOver = 'The script is over: this request was not planned.';

/** Hands out the turns of one or more scripts. */
export interface TurnScript {
  /** The turn for a main request. Rejects with what a script function throws. */
  next(request: ModelRequest, options: { readonly signal: AbortSignal }): Promise<ModelTurn>;
  /** Replaces the script of conversations that have none of their own. */
  replace(script: ModelScript): void;
  /** Gives one conversation a script of its own. */
  assign(conversation: string, script: ModelScript): void;
}

/** Makes the turns of a server; `script` is for every conversation that has none of its own. */
export function createTurnScript(script: ModelScript): TurnScript {
  let shared = reader(script);
  const own = new Map<string, ReturnType<typeof reader>>();
  return {
    async next(request, options) {
      const read = (request.conversation === undefined ? undefined : own.get(request.conversation)) ?? shared;
      return read(request, options);
    },
    replace(next) {
      shared = reader(next);
    },
    assign(conversation, next) {
      own.set(conversation, reader(next));
    },
  };
}

function reader(
  script: ModelScript,
): (request: ModelRequest, options: { readonly signal: AbortSignal }) => ModelTurn | Promise<ModelTurn> {
  if (typeof script === 'function') {
    return async (request, options) => {
      const turn = await script(request, options);
      if (typeof turn !== 'object' || turn === null) {
        throw new AsmError(
          'invalid_input',
          'The script function gave no turn. Return an object such as { text }.',
        );
      }
      return turn;
    };
  }
  let taken = 0;
  return () => script[taken++] ?? { text: scriptIsOver };
}
