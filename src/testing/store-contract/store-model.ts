import type { ErrorCode } from '../../domain/error-code.ts';
import type { RunId, SessionId } from '../../domain/id.ts';
import type { Change, RowWrite } from '../../ports/session-store.ts';

/** What a call must come to: its facts as plain data, or the code of its refusal. */
export type Expected = { readonly code: ErrorCode } | { readonly value: unknown };

interface ModelRow {
  readonly owner: SessionId;
  version: number;
  label: string | undefined;
}

const week = 7 * 24 * 60 * 60 * 1000;

/** The port in its simplest form: no pages, no speed, one call after the other. */
export class StoreModel {
  /** Payloads by session. */
  readonly logs = new Map<SessionId, string[]>();
  /** All events in the order of their commits, as `session payload`. */
  readonly feed: string[] = [];
  readonly rows = new Map<string, ModelRow>();
  readonly #keys = new Map<
    string,
    { readonly content: string; readonly value: object; readonly end: number }
  >();
  readonly #leases = new Map<RunId, { token: number; owner: string | undefined; end: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  commit(change: Change): Expected {
    const { sessionId, key, lease } = change;
    const log = this.logs.get(sessionId);
    const place = `${sessionId} ${key}`;
    const content = JSON.stringify([change.session, change.runs, change.approvals, change.events]);
    const known = key === undefined ? undefined : this.#keys.get(place);
    if (known !== undefined && this.#now() < known.end) {
      return known.content === content
        ? { value: { ...known.value, replayed: true } }
        : { code: 'idempotency_key_reused' };
    }
    const creates = change.session !== undefined && 'create' in change.session;
    if (log === undefined && !creates) return { code: 'session_not_found' };
    if (log !== undefined && creates) return { code: 'already_exists' };
    const held = lease === undefined ? undefined : this.#leases.get(lease.runId);
    if (lease !== undefined && (held?.owner === undefined || held.token !== lease.token))
      return { code: 'lease_lost' };
    const { takeLease } = change;
    if (takeLease !== undefined && !this.#isFree(takeLease.runId, takeLease.owner))
      return { code: 'run_already_executing' };
    const { session, runs = [], approvals = [] } = change;
    const writes = [...(session === undefined ? [] : [session]), ...runs, ...approvals];
    for (const [index, write] of writes.entries()) {
      const missing = index < writes.length - approvals.length ? 'run_not_found' : 'approval_not_found';
      const code = this.#refusal(write, sessionId, missing);
      if (code !== undefined) return { code };
    }
    for (const write of writes) this.#write(write, sessionId);
    const kept = log ?? [];
    this.logs.set(sessionId, kept);
    const firstSeq = kept.length + 1;
    for (const { payload } of change.events) {
      kept.push(payload);
      this.feed.push(`${sessionId} ${payload}`);
    }
    const value = {
      seqs: change.events.map((_, index) => firstSeq + index),
      latestSeq: kept.length,
      replayed: false,
    };
    if (key !== undefined) this.#keys.set(place, { content, value, end: this.#now() + week });
    if (lease?.release === true) this.release(lease.runId, lease.token);
    if (takeLease === undefined) return { value };
    const taken = this.acquire(takeLease.runId, takeLease.owner, takeLease.milliseconds);
    return 'code' in taken ? taken : { value: { ...value, lease: taken.value } };
  }

  #isFree(run: RunId, owner: string): boolean {
    const lease = this.#leases.get(run);
    return lease?.owner === undefined || lease.owner === owner || lease.end <= this.#now();
  }

  acquire(run: RunId, owner: string, milliseconds: number): Expected {
    if (!this.#isFree(run, owner)) return { value: undefined };
    const lease = this.#leases.get(run) ?? { token: 0 };
    this.#leases.set(run, { token: lease.token + 1, owner, end: this.#now() + milliseconds });
    return this.current(run);
  }

  renew(run: RunId, token: number, milliseconds: number): Expected {
    const lease = this.#leases.get(run);
    if (lease?.owner === undefined || lease.token !== token) return { code: 'lease_lost' };
    lease.end = this.#now() + milliseconds;
    return this.current(run);
  }

  release(run: RunId, token: number): Expected {
    const lease = this.#leases.get(run);
    if (lease?.token === token) lease.owner = undefined;
    return { value: undefined };
  }

  current(run: RunId): Expected {
    const lease = this.#leases.get(run);
    if (lease?.owner === undefined) return { value: undefined };
    return { value: { token: lease.token, owner: lease.owner, expiresAt: lease.end } };
  }

  #refusal(write: RowWrite<LabelledRow>, sessionId: SessionId, missing: ErrorCode): ErrorCode | undefined {
    if ('create' in write) return this.rows.has(write.create.id) ? 'already_exists' : undefined;
    const row = this.rows.get(write.id);
    if (row === undefined) return missing;
    if (row.owner !== sessionId) return 'invalid_input';
    return row.version === write.expectedVersion ? undefined : 'conflict';
  }

  #write(write: RowWrite<LabelledRow>, owner: SessionId): void {
    if ('create' in write) {
      this.rows.set(write.create.id, { owner, version: 1, label: labelOf(write.create) });
      return;
    }
    const row = this.rows.get(write.id);
    if (row === undefined) return;
    row.version++;
    row.label = labelOf(write.set);
  }
}

type LabelledRow = {
  readonly id: string;
  readonly version: number;
  readonly title?: string;
  readonly model?: string;
  readonly decidedBy?: string;
};

/** The one field that the histories change: a session's title, a run's model, who decided an approval. */
export function labelOf(row: {
  readonly title?: string | undefined;
  readonly model?: string | undefined;
  readonly decidedBy?: string | undefined;
}): string | undefined {
  return row.title ?? row.model ?? row.decidedBy;
}
