import type { Provider } from '../../src/ports/provider.ts';
import type { ModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelToolUse } from '../../src/testing/model-server/model-turn.ts';
import type { Attempt, ForbiddenPlaces } from './forbidden-attempt.ts';

/** An agent of which it is shown that what is forbidden does not happen. */
export interface ForbiddenAgent {
  readonly name: string;
  provider(): Provider;
  environment(
    server: ModelServer,
    home: string,
  ): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** The call by which its model tries. */
  call(attempt: Attempt, places: ForbiddenPlaces): ModelToolUse;
  /** All its tools, by whatever name, that run commands or change files: each call would make another file. */
  changing(places: ForbiddenPlaces): readonly ModelToolUse[];
  /** A command that is started in the folder outside, and would make a file there; absent: it can't do that. */
  readonly elsewhere?: (places: ForbiddenPlaces) => ModelToolUse;
  /** How many calls its model makes in one answer. Default: all; 1 where a refusal ends the others of its answer. */
  readonly callsAtOnce?: number;
  /** Its call for a subagent with this task; absent: it has none. */
  readonly subagent?: (task: string) => ModelToolUse;
  /** The setting by which it refuses forbidden tools itself; absent: it is only gated. */
  readonly refusesBy?: string;
}
