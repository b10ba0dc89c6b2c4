import type { RunId } from '../domain/id.ts';

/** The texts of one run's steering messages that hold what is not stored. */
export interface HeldTexts extends Disposable {
  /** The text of a request as it was given; `undefined` when that is what is stored. Given once. */
  take(requestId: string): string | undefined;
}

/** What people say to runs that are executed here, as they said it: the log, through which it goes, is redacted. */
export class SteeringTexts {
  readonly #byRun = new Map<RunId, Map<string, string>>();

  /** From now on texts for the run are kept, until the result is disposed of. */
  listen(runId: RunId): HeldTexts {
    const texts = new Map<string, string>();
    this.#byRun.set(runId, texts);
    return {
      take: (requestId) => {
        const text = texts.get(requestId);
        texts.delete(requestId);
        return text;
      },
      [Symbol.dispose]: () => {
        if (this.#byRun.get(runId) === texts) this.#byRun.delete(runId);
      },
    };
  }

  /** False: the run is not executed here, so that the text can't reach it as it is. */
  keep(runId: RunId, requestId: string, text: string): boolean {
    return this.#byRun.get(runId)?.set(requestId, text) !== undefined;
  }
}
