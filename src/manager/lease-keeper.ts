import { randomUUID } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import { AsmError, isAsmError } from '../domain/error.ts';
import type { RunId } from '../domain/id.ts';
import type { Lease, Leases } from '../ports/session-store.ts';

/** Holds the lease of one run: renews it while the run goes on, and tells when it is lost. */
export class LeaseKeeper implements AsyncDisposable {
  readonly #leases: Leases;
  readonly #clock: Clock;
  readonly #milliseconds: number;
  readonly #onLost: (error: AsmError) => void;
  #lease: Lease;
  #stopTimer: (() => void) | undefined;
  #ended = false;

  private constructor(
    leases: Leases,
    clock: Clock,
    milliseconds: number,
    lease: Lease,
    onLost: (error: AsmError) => void,
  ) {
    this.#leases = leases;
    this.#clock = clock;
    this.#milliseconds = milliseconds;
    this.#lease = lease;
    this.#onLost = onLost;
    this.#arm();
  }

  /** Takes the lease. Throws `run_already_executing` while another holds it. */
  static async take(options: {
    readonly leases: Leases;
    readonly clock: Clock;
    readonly runId: RunId;
    readonly owner: string;
    readonly milliseconds: number;
    readonly onLost: (error: AsmError) => void;
  }): Promise<LeaseKeeper> {
    const { leases, clock, runId, owner, milliseconds, onLost } = options;
    // A name for this holder alone: the store lets the same owner take a lease again, and so a second
    // call of the same manager would take the run away from the first.
    const lease = await leases.acquire({ runId, owner: `${owner}:${randomUUID()}`, milliseconds });
    if (lease === undefined) {
      throw new AsmError(
        'run_already_executing',
        `Run ${runId} is being executed by another process or call.`,
        {
          details: { runId },
        },
      );
    }
    return new LeaseKeeper(leases, clock, milliseconds, lease, onLost);
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

  #arm(): void {
    this.#stopTimer = this.#clock.startTimer(this.#milliseconds / 3, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    try {
      this.#lease = await this.#leases.renew(this.#lease, this.#milliseconds);
      if (!this.#ended) this.#arm();
    } catch (thrown) {
      if (this.#ended) return;
      if (isAsmError(thrown) && thrown.code === 'lease_lost') {
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
