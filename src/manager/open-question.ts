import type { Approval } from '../domain/approval.ts';
import type { DeskQuestion } from './approval-desk.ts';
import type { ManagerEnvironment } from './manager-environment.ts';

/** Milliseconds after which a call that could not be parked is tried again. */
const parkingInterval = 1_000;

/** One question that waits: what wakes it, and its times. */
export class OpenQuestion {
  readonly approval: Approval;
  readonly question: DeskQuestion;
  readonly #clock: ManagerEnvironment['clock'];
  readonly #timers: (() => void)[] = [];
  #stopParking: (() => void) | undefined;
  #wakes = 0;
  #late = false;
  #waiter: (() => void) | undefined;
  readonly #onAbort = (): void => this.wake();

  constructor(approval: Approval, question: DeskQuestion, { clock }: Pick<ManagerEnvironment, 'clock'>) {
    this.approval = approval;
    this.question = question;
    this.#clock = clock;
    question.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Counts the reasons to look at the row again. */
  get wakes(): number {
    return this.#wakes;
  }

  /** True once its time is over. */
  get isLate(): boolean {
    return this.#late;
  }

  /** Starts its times. The deadline is wall time; what is left of it passes on the monotonic clock. */
  start({ parkAfter, park }: { readonly parkAfter: number; readonly park: () => boolean }): void {
    const late = (): void => {
      this.#late = true;
      this.wake();
    };
    const left = this.approval.deadline - this.#clock.now();
    if (left <= 0) this.#late = true;
    else this.#timers.push(this.#clock.startTimer(left, late));
    if (this.question.parking !== undefined && Number.isFinite(parkAfter)) this.#parkAfter(parkAfter, park);
  }

  /** Tries until it can be: the agent may still be speaking. */
  #parkAfter(milliseconds: number, park: () => boolean): void {
    const attempt = (): void => {
      if (!park()) this.#parkAfter(parkingInterval, park);
    };
    this.#stopParking = this.#clock.startTimer(milliseconds, attempt);
  }

  wake(): void {
    this.#wakes++;
    this.#waiter?.();
  }

  /** Resolves when it was woken since it had been so often. */
  async woken(since: number): Promise<void> {
    if (this.#wakes !== since) return;
    await new Promise<void>((resolve) => {
      this.#waiter = resolve;
    });
  }

  end(): void {
    this.question.signal.removeEventListener('abort', this.#onAbort);
    this.#stopParking?.();
    for (const stop of this.#timers) stop();
  }
}
