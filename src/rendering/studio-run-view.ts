import type { Event } from '../domain/event.ts';
import type { TokenUsage } from '../domain/usage.ts';
import { formatCost, formatCount, formatDuration, plural, runName, tokenTotals } from './figure-format.ts';
import { studioSymbols } from './studio-note.ts';
import type { StudioWriter } from './studio-writer.ts';
import { oneLine } from './visible-text.ts';

const stepSymbols = {
  pending: studioSymbols.open,
  in_progress: studioSymbols.running,
  completed: studioSymbols.ok,
} as const;

/** A run's first and last line, and its plan. */
export class StudioRunView {
  readonly #writer: StudioWriter;
  #usage: TokenUsage | undefined;
  #plan = '';

  constructor(writer: StudioWriter) {
    this.#writer = writer;
  }

  started(event: Event<'run_started'>): string {
    this.#usage = undefined;
    this.#plan = '';
    const { permissionMode } = event.data.requested;
    // The mode that one gets without asking for it is not worth a word.
    const mode = permissionMode === 'default' ? '' : ` · ${oneLine(permissionMode, 40)}`;
    const text = `${runName(event.data.requested)} run started${mode}`;
    return this.#writer.line(studioSymbols.info, 'blue', text, { spaced: true });
  }

  used(event: Event<'token_usage_updated'>): string {
    this.#usage = event.data.usage;
    return '';
  }

  ended(
    event: Event<'run_completed' | 'run_failed' | 'run_cancelled' | 'run_timed_out'>,
    tools: number,
  ): string {
    switch (event.type) {
      case 'run_completed': {
        const reason = event.data.interrupted ? 'interrupted' : oneLine(event.data.stopReason ?? '', 40);
        const text = `Run complete${reason === '' ? '' : ` (${reason})`} — ${this.#figures(event, tools)}`;
        return this.#writer.line(studioSymbols.info, 'blue', text, { spaced: true });
      }
      case 'run_failed':
        return this.#failed(event.data.error.message);
      case 'run_timed_out':
        return this.#failed(`timed out: ${event.data.error.message}`);
      case 'run_cancelled':
        return this.#failed(
          event.data.reason === undefined ? 'cancelled' : `cancelled: ${event.data.reason}`,
        );
    }
  }

  /** The whole plan, unless it is the one that was shown last. */
  planned(event: Event<'plan_updated'>): string {
    const { steps } = event.data;
    const plan = JSON.stringify(steps);
    if (plan === this.#plan) return '';
    this.#plan = plan;
    const completed = steps.filter((step) => step.status === 'completed').length;
    let out = this.#writer.line(studioSymbols.info, 'blue', `Plan (${completed}/${steps.length})`);
    for (const step of steps)
      out += this.#writer.detail(stepSymbols[step.status], oneLine(step.text, 200), 0);
    return out;
  }

  #figures(event: Event<'run_completed'>, tools: number): string {
    const { input, output } = tokenTotals(this.#usage ?? event.data.usage);
    const cost = formatCost(event.data.cost, 4);
    const duration = event.data.durationMs === undefined ? undefined : formatDuration(event.data.durationMs);
    // A command has none.
    const tokens = input + output === 0 ? undefined : `${formatCount(input)}/${formatCount(output)} tokens`;
    return [tokens, plural(tools, 'tool'), cost, duration].filter((part) => part !== undefined).join(', ');
  }

  #failed(message: string): string {
    return this.#writer.paragraph(studioSymbols.fail, 'red', oneLine(message, 1_000), { spaced: true });
  }
}
