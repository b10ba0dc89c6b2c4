import {
  budgetKeys,
  nothingSpent,
  subtractSpend,
  type BudgetedRun,
  type CheckedBudget,
  type Spend,
} from '../cost/budget.ts';
import { createSpendAccount, type SpendAccount } from '../cost/spend-account.ts';
import type { Clock } from '../domain/clock.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { StoredEvent } from '../domain/stored-event.ts';
import type { SessionStore } from '../ports/session-store.ts';
import {
  pageSize,
  spendEvents,
  spendingRuns,
  toldSpend,
  type CountedRun,
  type SpendingRun,
} from './run-spend.ts';

/** Milliseconds for which commits are waited for before the feed is read. */
const readDelay = 20;
/** Sessions without a run here whose spending is remembered. */
const idleSessions = 1_000;

/** One part of a budget: all of it, or that of a session, tag or provider. */
export interface BudgetAccount {
  readonly budget: CheckedBudget;
  readonly key: string;
  readonly account: SpendAccount;
  /** Called whenever something was spent from it. */
  readonly listeners: Set<() => void>;
}

/**
 * Knows what was spent from the budgets that runs share, in all processes that share the store. It adds up
 * the rows of runs once, and from there on follows what the store's feed tells of usage and ends. The
 * figures of a run are totals: what counts is by how much they have grown.
 */
export class BudgetLedger {
  readonly #store: SessionStore;
  readonly #clock: Clock;
  readonly #budgets: readonly CheckedBudget[];
  readonly #accounts = new Map<string, BudgetAccount>();
  /** Runs that have not ended. */
  readonly #tracked = new Map<RunId, CountedRun>();
  /** While runs are being added up: those that the feed has told the end of since. */
  #ended: Map<RunId, CountedRun> | undefined;
  /** Sessions whose accounts are open, and how many runs here need them; those longest idle first. */
  readonly #sessions = new Map<SessionId, number>();
  #isOpened = false;
  #cursor: string | undefined;
  /** Reads and sums take turns, so that none counts what another counts. */
  #turn: Promise<unknown> = Promise.resolve();
  #nextRead: Promise<void> | undefined;
  #followed = 0;
  #unwatch: (() => void) | undefined;
  #stopTimer: (() => void) | undefined;

  /** `budgets`: those that runs share, so none per run. */
  constructor(store: SessionStore, clock: Clock, budgets: readonly CheckedBudget[]) {
    this.#store = store;
    this.#clock = clock;
    this.#budgets = budgets;
  }

  /** Brings the accounts up to date, that of the session too. Rejects as the store does. */
  async refresh(sessionId: SessionId): Promise<void> {
    if (this.#budgets.length === 0) return;
    if (!this.#isOpened) await this.#inTurn(() => this.#open());
    if (this.#has('session')) await this.#inTurn(() => this.#openSession(sessionId));
    await this.#read();
  }

  /** The accounts that a run spends from. */
  accountsOf(run: BudgetedRun): readonly BudgetAccount[] {
    return this.#budgets.flatMap((budget) =>
      budgetKeys(budget, run).flatMap((key) => this.#account(budget, key) ?? []),
    );
  }

  spent({ account }: BudgetAccount): Spend {
    return account.spent(this.#clock.now());
  }

  /**
   * A run is executed here: until it is released, the ledger is kept up to date. `onOpened` is called when
   * accounts of the run are there that were not before.
   */
  follow(run: SpendingRun, onOpened: () => void): void {
    const { runId, sessionId } = run;
    // A run that goes on was counted when it was executed before.
    const spent = this.#tracked.get(runId)?.spent ?? nothingSpent;
    this.#tracked.set(runId, { ...run, spent, endedAt: undefined, isOwn: true });
    this.#holdSession(sessionId, 1);
    this.#followed++;
    if (this.#budgets.length === 0) return;
    this.#unwatch ??= this.#store.watch(undefined, () => this.#readLater());
    if (this.#hasAccounts(sessionId)) return;
    this.#inTurn(() => this.#openSession(sessionId)).then(onOpened, () => undefined);
  }

  /** What a followed run has spent in all, at its provider of now. */
  track(run: SpendingRun, spent: Spend): void {
    const before = this.#tracked.get(run.runId)?.spent ?? nothingSpent;
    this.#tracked.set(run.runId, { ...run, spent, endedAt: undefined, isOwn: true });
    this.#spend(run, subtractSpend(spent, before), this.#clock.now());
  }

  /** The run is over here; its last figures come with the feed. */
  release({ runId, sessionId }: SpendingRun): void {
    this.#holdSession(sessionId, -1);
    if (this.#budgets.length === 0) this.#tracked.delete(runId);
    if (--this.#followed > 0) return;
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #has(...scopes: readonly CheckedBudget['per'][]): boolean {
    return this.#budgets.some(({ per }) => scopes.includes(per));
  }

  /** An account; that of a session is there only once its runs were added up. */
  #account(budget: CheckedBudget, key: string, isOpening = false): BudgetAccount | undefined {
    const name = accountName(budget, key);
    const known = this.#accounts.get(name);
    if (known !== undefined || (budget.per === 'session' && !isOpening)) return known;
    const account = createSpendAccount(budget.window);
    const opened = { budget, key, account, listeners: new Set<() => void>() };
    this.#accounts.set(name, opened);
    return opened;
  }

  #spend(run: BudgetedRun, spend: Spend, at: number): void {
    if (!this.#isOpened || (spend.usd === 0n && spend.tokens === 0)) return;
    const accounts = this.accountsOf(run);
    for (const { account } of accounts) account.add(spend, at);
    for (const { listeners } of accounts) for (const listener of listeners) listener();
  }

  /** Adds up all that was spent so far. */
  async #open(): Promise<void> {
    if (this.#isOpened) return;
    // Of an attempt that failed nothing may be left: where that was broken off is not known.
    this.#tracked.clear();
    this.#cursor = (await this.#store.feed({ types: [] })).cursor;
    const shared = this.#budgets.filter(({ per }) => per !== 'session');
    if (shared.length > 0) await this.#addUp(undefined, shared);
    this.#isOpened = true;
  }

  async #openSession(sessionId: SessionId): Promise<void> {
    const own = this.#budgets.filter(({ per }) => per === 'session');
    if (!this.#hasAccounts(sessionId)) await this.#addUp(sessionId, own);
    this.#holdSession(sessionId, 0);
  }

  #hasAccounts(sessionId: SessionId): boolean {
    return this.#budgets.every(
      (budget) => budget.per !== 'session' || this.#accounts.has(accountName(budget, sessionId)),
    );
  }

  /**
   * Opens accounts with what the runs, or those of one session, have spent. First their rows are read,
   * then the feed past the moment of that: so a run is known by its newest figure, or has ended as its row
   * says, or has ended since.
   */
  async #addUp(sessionId: SessionId | undefined, budgets: readonly CheckedBudget[]): Promise<void> {
    const runs = await spendingRuns(this.#store, sessionId, { tags: this.#has('tag') });
    const ended = new Map<RunId, CountedRun>();
    this.#ended = ended;
    try {
      await this.#readFeed();
    } finally {
      this.#ended = undefined;
    }
    for (const run of runs.values())
      if (run.endedAt === undefined && !ended.has(run.runId) && !this.#tracked.has(run.runId))
        this.#tracked.set(run.runId, run);
    if (sessionId !== undefined) for (const budget of budgets) this.#account(budget, sessionId, true);
    for (const run of new Map([...runs, ...ended, ...this.#tracked]).values()) {
      if (sessionId !== undefined && run.sessionId !== sessionId) continue;
      for (const budget of budgets)
        for (const key of budgetKeys(budget, run))
          this.#account(budget, key)?.account.add(run.spent, run.endedAt ?? this.#clock.now());
    }
  }

  /** Reads the feed to its end. Those that ask while a read waits for its turn share it. */
  #read(): Promise<void> {
    this.#nextRead ??= this.#inTurn(async () => {
      this.#nextRead = undefined;
      if (this.#isOpened) await this.#readFeed();
    });
    return this.#nextRead;
  }

  /** Somebody committed, perhaps we: what our own runs spend is known already. */
  #readLater(): void {
    this.#stopTimer ??= this.#clock.startTimer(readDelay, () => {
      this.#stopTimer = undefined;
      // What can't be read now is read with the next commit, or keeps the next run from starting.
      void this.#read().catch(() => undefined);
    });
  }

  async #readFeed(): Promise<void> {
    for (let hasMore = true; hasMore;) {
      const page = await this.#store.feed({
        types: spendEvents,
        limit: pageSize,
        ...(this.#cursor === undefined ? {} : { after: this.#cursor }),
      });
      const tags = await this.#tagsOf(page.events);
      for (const event of page.events) this.#apply(event, tags);
      this.#cursor = page.cursor;
      ({ hasMore } = page);
    }
  }

  /** Looked up before any of the events is counted: reading may fail, and then all of them come again. */
  async #tagsOf(events: readonly StoredEvent[]): Promise<ReadonlyMap<SessionId, readonly string[]>> {
    const tags = new Map<SessionId, readonly string[]>();
    if (!this.#has('tag')) return tags;
    for (const { runId, sessionId } of events) {
      if (runId === undefined || this.#tracked.has(runId) || tags.has(sessionId)) continue;
      tags.set(sessionId, (await this.#store.session(sessionId))?.tags ?? []);
    }
    return tags;
  }

  #apply(event: StoredEvent, tagsOf: ReadonlyMap<SessionId, readonly string[]>): void {
    const { runId, sessionId, provider = '', time } = event;
    if (runId === undefined) return;
    const told = toldSpend(event);
    const tracked = this.#tracked.get(runId);
    if (told === undefined || (tracked?.isOwn === true && !told.isLast)) return;
    const { spent, isLast } = told;
    const tags = tracked?.tags ?? tagsOf.get(sessionId) ?? [];
    const run = { runId, sessionId, provider, tags };
    const counted = { ...run, spent, endedAt: isLast ? time : undefined, isOwn: false };
    if (isLast) this.#tracked.delete(runId);
    else this.#tracked.set(runId, counted);
    if (isLast) this.#ended?.set(runId, counted);
    this.#spend(run, subtractSpend(spent, tracked?.spent ?? nothingSpent), time);
  }

  /** Counts the runs that need a session's accounts; those of sessions long without a run are closed. */
  #holdSession(sessionId: SessionId, change: number): void {
    const holders = (this.#sessions.get(sessionId) ?? 0) + change;
    this.#sessions.delete(sessionId);
    this.#sessions.set(sessionId, holders);
    let surplus = this.#sessions.size - idleSessions;
    for (const [id, count] of this.#sessions) {
      if (surplus-- <= 0) break;
      if (count > 0) continue;
      this.#sessions.delete(id);
      for (const budget of this.#budgets)
        if (budget.per === 'session') this.#accounts.delete(accountName(budget, id));
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function accountName(budget: CheckedBudget, key: string): string {
  return `${budget.name}\n${key}`;
}
