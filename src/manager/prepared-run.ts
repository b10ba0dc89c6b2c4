import type { Approval } from '../domain/approval.ts';
import type { RunId } from '../domain/id.ts';
import type { InputMessage } from '../domain/message.ts';
import type { Negotiation } from '../domain/negotiation.ts';
import type { Run } from '../domain/run.ts';
import type { Session } from '../domain/session.ts';
import type { NewEvent } from '../domain/stored-event.ts';
import type { Provider, ResumeRequest } from '../ports/provider.ts';
import type { RowWrite } from '../ports/session-store.ts';
import type { ClientTools } from './client-tools.ts';
import type { CommonRunOptions } from './run-options.ts';
import type { NewSession } from './session-creation.ts';

/** A run that is about to be executed. */
export interface PreparedRun {
  readonly run: Run;
  readonly session: Session;
  readonly provider: Provider;
  /** The input as given: never stored unredacted. */
  readonly messages: readonly InputMessage[];
  readonly options: CommonRunOptions;
  readonly native: object | undefined;
  readonly cwd: string;
  readonly clientTools: ClientTools | undefined;
  readonly negotiation: Negotiation;
  /** The run that ends in the write in which this one starts: nothing is said between them. */
  readonly follows?: RunId;
  /** The run has begun before, and goes on where it was left. */
  readonly resumed?: ResumedRun;
  /** The session is made for this run: stored with its start, and ended with its end. */
  readonly oneShot?: NewSession;
}

/** Where a run that has begun goes on. */
export interface ResumedRun {
  readonly conversation: ResumeRequest;
  /** What people said, or are still to say, about calls that have not run. */
  readonly approvals: readonly Approval[];
  /** The run as its dead process left it, with what may be left of its agent. */
  readonly left: Run | undefined;
}

/** A change of a session's row. */
export type SessionSet = Exclude<RowWrite<Session>, { readonly create: Session }>;

/** How the run's row comes to be: made at once as running, or moved from pending. */
export interface RunStart {
  readonly write: RowWrite<Run>;
  readonly run: Run;
  readonly session: SessionSet;
  readonly events: readonly NewEvent[];
}
