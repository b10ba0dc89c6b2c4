import type { Clock } from '../../domain/clock.ts';
import type { RunId } from '../../domain/id.ts';
import type { Lease, LeaseRequest } from '../../ports/session-store.ts';
import { leaseLost } from '../contract/change-decision.ts';

/** Who may write the lifecycle of which run. Tokens outlive their leases, so they never repeat. */
export class LeaseTable {
  readonly #clock: Clock;
  readonly #tokens = new Map<RunId, number>();
  readonly #leases = new Map<RunId, Lease>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** False while another owner's lease runs. */
  isFree({ runId, owner }: LeaseRequest): boolean {
    const held = this.#leases.get(runId);
    return held === undefined || held.owner === owner || held.expiresAt <= this.#clock.now();
  }

  /** `undefined` while another owner's lease runs. */
  acquire(request: LeaseRequest): Lease | undefined {
    if (!this.isFree(request)) return undefined;
    const { runId, owner, milliseconds } = request;
    const token = (this.#tokens.get(runId) ?? 0) + 1;
    this.#tokens.set(runId, token);
    return this.#put({ runId, token, owner, expiresAt: this.#clock.now() + milliseconds });
  }

  /** Throws `lease_lost` unless the lease is the newest and was not given back; it may have run out. */
  renew(lease: Lease, milliseconds: number): Lease {
    const held = this.#held(lease);
    if (held === undefined) throw leaseLost(lease.runId, lease.token);
    return this.#put({ ...held, expiresAt: this.#clock.now() + milliseconds });
  }

  release(lease: Pick<Lease, 'runId' | 'token'>): void {
    if (this.#held(lease) !== undefined) this.#leases.delete(lease.runId);
  }

  current(runId: RunId): Lease | undefined {
    return this.#leases.get(runId);
  }

  #held(lease: Pick<Lease, 'runId' | 'token'>): Lease | undefined {
    const held = this.#leases.get(lease.runId);
    return held?.token === lease.token ? held : undefined;
  }

  #put(lease: Lease): Lease {
    const kept = Object.freeze(lease);
    this.#leases.set(kept.runId, kept);
    return kept;
  }
}
