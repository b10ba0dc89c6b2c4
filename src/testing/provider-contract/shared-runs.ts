import { recordForeignRun, type ForeignRun } from './foreign-run.ts';
import { recordPlainRun, type PlainRun } from './plain-run.ts';
import { withProviderRoom } from './provider-room.ts';
import type { ProviderSubject } from './provider-subject.ts';

/** Runs that several cases look at: each is made when the first of them asks for it, and recorded to its end. */
export interface SharedRuns {
  plain(this: void): Promise<PlainRun>;
  foreign(this: void): Promise<ForeignRun>;
}

/** Each run in a room of its own, which is gone when it is recorded. */
export function sharedRuns(subject: ProviderSubject): SharedRuns {
  let plain: Promise<PlainRun> | undefined;
  let foreign: Promise<ForeignRun> | undefined;
  return {
    plain: () => (plain ??= withProviderRoom(subject, recordPlainRun)),
    foreign: () => (foreign ??= withProviderRoom(subject, recordForeignRun)),
  };
}
