import { approvalStatuses } from '../../domain/approval.ts';
import { oneOf } from '../../domain/choice.ts';
import { AsmError } from '../../domain/error.ts';
import type { RunId } from '../../domain/id.ts';
import { assertOptionNames } from '../../domain/option-names.ts';
import { runStatuses } from '../../domain/run.ts';
import { sessionStatuses } from '../../domain/session.ts';
import type {
  ApprovalQuery,
  EventQuery,
  FeedQuery,
  RunQuery,
  SessionQuery,
} from '../../ports/session-store.ts';
import { decodeFeedCursor, decodeRowCursor, type RowCursor } from './page-cursor.ts';
import { invalidInput, isWholeNumber } from './invalid-input.ts';

/** The longest page that may be asked for. */
export const longestPage = 1000;

const eventNames = [
  'sessionId',
  'after',
  'before',
  'order',
  'limit',
  'types',
  'runId',
  'since',
] as const satisfies readonly (keyof EventQuery)[];
const feedNames = ['after', 'limit', 'types'] as const satisfies readonly (keyof FeedQuery)[];
const sessionNames = [
  'status',
  'provider',
  'tag',
  'limit',
  'cursor',
] as const satisfies readonly (keyof SessionQuery)[];
const runNames = [
  'sessionId',
  'status',
  'provider',
  'limit',
  'cursor',
] as const satisfies readonly (keyof RunQuery)[];
const approvalNames = [
  'sessionId',
  'runId',
  'status',
  'lasting',
  'limit',
  'cursor',
] as const satisfies readonly (keyof ApprovalQuery)[];

/** An event query with its defaults filled in. */
export interface EventRange {
  readonly after: number;
  /** `Infinity` when the query sets no upper end. */
  readonly before: number;
  readonly descending: boolean;
  readonly limit: number;
  readonly types: ReadonlySet<string> | undefined;
  readonly runId: RunId | undefined;
  readonly since: number | undefined;
}

/**
 * Checks an event query. Throws `unknown_option` for a filter that there isn't, which would let everything pass,
 * `invalid_cursor` for a bad `after` or `before`, else `invalid_input`. So do the others.
 */
export function readEventQuery(query: EventQuery): EventRange {
  assertOptionNames('A query of events', query, eventNames);
  const order: unknown = query.order ?? 'ascending';
  if (order !== 'ascending' && order !== 'descending') {
    throw invalidInput(`The order of events is 'ascending' or 'descending', not ${JSON.stringify(order)}.`);
  }
  if (query.since !== undefined && !Number.isFinite(query.since)) {
    throw invalidInput('`since` is a time in milliseconds since 1970.');
  }
  return {
    after: readSeq('after', query.after, 0),
    before: readSeq('before', query.before, Infinity),
    descending: order === 'descending',
    limit: readLimit(query.limit, 100),
    types: readNames('types', query.types),
    runId: query.runId,
    since: query.since,
  };
}

/**
 * Where a page has looked when it reached the end of its range: its `scannedTo` when nothing more
 * matches. Ascending the `after`, descending the `before` that goes on from there.
 */
export function endOfRange(range: EventRange, latestSeq: number): number {
  return range.descending
    ? Math.min(range.before, range.after + 1)
    : Math.max(range.after, Math.min(range.before - 1, latestSeq));
}

/** A feed query with its defaults filled in; `after` is a position, 0 from the beginning. */
export interface FeedRange {
  readonly after: number;
  readonly limit: number;
  readonly types: ReadonlySet<string> | undefined;
}

/** Checks a feed query. Throws `invalid_cursor` for a cursor that no feed gave, else `invalid_input`. */
export function readFeedQuery(query: FeedQuery): FeedRange {
  assertOptionNames('A query of the feed', query, feedNames);
  return {
    after: query.after === undefined ? 0 : decodeFeedCursor(query.after),
    limit: readLimit(query.limit, 100),
    types: readNames('types', query.types),
  };
}

/** A listing of rows with its defaults filled in. An absent filter lets everything pass. */
export interface RowRange {
  readonly limit: number;
  /** Only rows that come after this one, newest first. */
  readonly after: RowCursor | undefined;
  readonly status: ReadonlySet<string> | undefined;
  readonly provider: string | undefined;
}

/** Checks a listing of sessions. Throws `invalid_cursor` or `invalid_input`. */
export function readSessionQuery(query: SessionQuery): RowRange & { readonly tag: string | undefined } {
  assertOptionNames('A listing of sessions', query, sessionNames);
  return { ...readRowQuery('session', query, sessionStatuses), tag: query.tag };
}

/** Checks a listing of runs. Throws `invalid_cursor` or `invalid_input`. */
export function readRunQuery(
  query: RunQuery,
): RowRange & { readonly sessionId: RunQuery['sessionId'] | undefined } {
  assertOptionNames('A listing of runs', query, runNames);
  return { ...readRowQuery('run', query, runStatuses), sessionId: query.sessionId };
}

/** A listing of approvals with its defaults filled in. */
export type ApprovalRange = Omit<RowRange, 'provider'> &
  Pick<ApprovalQuery, 'sessionId' | 'runId'> & { readonly lasting: boolean };

/** Checks a listing of approvals. Throws `invalid_cursor` or `invalid_input`. */
export function readApprovalQuery(query: ApprovalQuery): ApprovalRange {
  assertOptionNames('A listing of approvals', query, approvalNames);
  const { sessionId, runId } = query;
  return {
    ...readPageQuery('approval', query, approvalStatuses),
    lasting: query.lasting === true,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(runId === undefined ? {} : { runId }),
  };
}

function readRowQuery(
  kind: 'session' | 'run',
  query: SessionQuery | RunQuery,
  statuses: readonly string[],
): RowRange {
  return { ...readPageQuery(kind, query, statuses), provider: query.provider };
}

function readPageQuery(
  kind: 'session' | 'run' | 'approval',
  query: Pick<SessionQuery, 'limit' | 'cursor'> & { readonly status?: readonly string[] },
  statuses: readonly string[],
): Omit<RowRange, 'provider'> {
  return {
    limit: readLimit(query.limit, 50),
    after: query.cursor === undefined ? undefined : decodeRowCursor(kind, query.cursor),
    status: readStatus(query.status, statuses),
  };
}

/** One that there isn't is refused: no row would ever have it. */
function readStatus(
  values: readonly string[] | undefined,
  known: readonly string[],
): ReadonlySet<string> | undefined {
  const names = readNames('status', values);
  for (const name of names ?? []) oneOf('What `status` names', name, known);
  return names;
}

function readSeq(name: string, value: number | undefined, byDefault: number): number {
  if (value === undefined) return byDefault;
  if (isWholeNumber(value, 0)) return value;
  throw new AsmError(
    'invalid_cursor',
    `\`${name}\` is the number of an event, from 0, not ${String(value)}.`,
  );
}

function readLimit(limit: number | undefined, byDefault: number): number {
  if (limit === undefined) return byDefault;
  if (isWholeNumber(limit, 1) && limit <= longestPage) return limit;
  throw invalidInput(`\`limit\` is a whole number from 1 to ${longestPage}, not ${String(limit)}.`);
}

function readNames(name: string, values: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (values === undefined) return undefined;
  const list: unknown = values;
  if (!Array.isArray(list) || !values.every((value) => typeof value === 'string')) {
    throw invalidInput(`\`${name}\` is an array of names.`);
  }
  return new Set(values);
}
