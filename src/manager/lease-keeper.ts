import { randomUUID } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import { AsmError, hasErrorCode } from '../domain/error.ts';
import type { RunId } from '../domain/id.ts';
import type { Lease, LeaseRequest, Leases } from '../ports/session-store.ts';

export interface LeaseKeeperOptions {
  readonly leases: Leases;
  readonly clock: Clock;
  readonly owner: string;
  /** How long the lease lasts without being renewed. */
  readonly milliseconds: number;
  readonly onLost: (error: AsmError) => void;
}

/**
 * Asks for the lease of a run under a name for this holder alone: the store lets the same owner take a
 * lease again, and so a second call of the same manager would take the run away from the first.
 */
export function leaseRequest(
  runId: RunId,
  { owner, milliseconds }: Pick<LeaseKeeperOptions, 'owner' | 'milliseconds'>,
): LeaseRequest {
  return { runId, owner: `${owner}:${randomUUID()}`, milliseconds };
}

/** The error for a run whose lease another holds. */
export function runAlreadyExecuting(runId: RunId): AsmError {
  return new AsmError('run_already_executing', `Run ${runId} is being executed by another process or call.`, {
    details: { runId },
  });
}

/** Holds the lease of one run: renews it while the run goes on, and tells when it is lost. */
export class LeaseKeeper implements AsyncDisposable {
  readonly #leases: Leases;
  readonly #clock: Clock;
  readonly #milliseconds: number;
  readonly #onLost: (error: AsmError) => void;
  #lease: Lease;
  #stopTimer: (() => void) | undefined;
  #ended = false;

  private constructor({ leases, clock, milliseconds, onLost }: LeaseKeeperOptions, lease: Lease) {
    this.#leases = leases;
    this.#clock = clock;
    this.#milliseconds = milliseconds;
    this.#lease = lease;
    this.#onLost = onLost;
    this.#arm();
  }

  /** Takes the lease. Throws `run_already_executing` while another holds it. */
  static async take({
    runId,
    ...options
  }: LeaseKeeperOptions & { readonly runId: RunId }): Promise<LeaseKeeper> {
    const lease = await options.leases.acquire(leaseRequest(runId, options));
    if (lease === undefined) throw runAlreadyExecuting(runId);
    return new LeaseKeeper(options, lease);
  }

  /** Keeps a lease that was taken with a change, as `leaseRequest` asked for it. */
  static keep(options: LeaseKeeperOptions, lease: Lease): LeaseKeeper {
    return new LeaseKeeper(options, lease);
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** Gives the lease back; failures don't matter, since it runs out by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopTimer?.();
    await this.#leases.release(this.#lease).catch(() => undefined);
  }

  /** Stops renewing a lease that a change has given back. */
  released(): void {
    this.#ended = true;
    this.#stopTimer?.();
  }

  #arm(): void {
    this.#stopTimer = this.#clock.startTimer(this.#milliseconds / 3, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    try {
      this.#lease = await this.#leases.renew(this.#lease, this.#milliseconds);
      if (!this.#ended) this.#arm();
    } catch (thrown) {
      if (this.#ended) return;
      if (hasErrorCode(thrown, 'lease_lost')) {
        this.#lose(thrown);
      } else if (this.#clock.now() < this.#lease.expiresAt) {
        this.#arm();
      } else {
        this.#lose(
          new AsmError('lease_lost', 'The lease ran out while the store could not be reached.', {
            cause: thrown,
          }),
        );
      }
    }
  }

  #lose(error: AsmError): void {
    this.#ended = true;
    this.#onLost(error);
  }
}
