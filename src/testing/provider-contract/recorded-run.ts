import type { RunOutcome } from '../../ports/provider.ts';
import type { CaseRun, ProviderRoom } from './provider-room.ts';

/** A run that has ended by itself, and what can be seen of it: enough for several cases to look at. */
export interface RecordedRun extends CaseRun {
  /** Empty for a provider that gave none. */
  readonly outcome: Partial<RunOutcome>;
  /** True when something came after the outcome. */
  readonly hasMore: boolean;
  /** Every text in the last question to the model. */
  readonly heard: readonly string[];
}

/** Waits for the end of a run that must not fail, and for that of its processes. */
export async function recordRun(room: ProviderRoom, run: CaseRun): Promise<RecordedRun> {
  const end = await room.end(run);
  if (end.hasMore === undefined) throw end.error;
  await room.nothingLeft(run);
  return {
    ...run,
    outcome: { ...end.outcome },
    hasMore: end.hasMore,
    heard: room.fixture.heard(),
  };
}
