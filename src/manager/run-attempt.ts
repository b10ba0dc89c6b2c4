import { AsmError, runOver } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import type { Authorization, ToolCall } from '../domain/tool.ts';
import type { Provider, ProviderEvent, RunHost, RunOutcome, RunRequest } from '../ports/provider.ts';
import type { Replay } from '../continuity/replay-text.ts';
import type { AttemptUsage, Used } from './attempt-usage.ts';
import type { ClientTools } from './client-tools.ts';
import type { Gate } from './gate.ts';
import { outcomeProblem, providerEventProblem } from './provider-event.ts';
import type { Recorder } from './recorder.ts';
import type { RunClocks } from './run-clocks.ts';
import type { RequestListener } from './run-requests.ts';
import { SideEffects } from './side-effects.ts';

/** Events that are taken in at most before others get their turn. */
const turnLength = 256;

export interface RunAttemptOptions {
  readonly provider: Provider;
  readonly request: RunRequest;
  readonly signal: AbortSignal;
  readonly recorder: Recorder;
  readonly gate: Gate;
  readonly clocks: RunClocks;
  readonly requests: RequestListener;
  readonly clientTools: ClientTools | undefined;
  /** The conversation so far, with which the messages begin. */
  readonly replay: Replay | undefined;
  readonly usage: AttemptUsage;
  /** Takes secrets out of what an agent says of itself. */
  readonly redact: (text: string) => string;
  /** Milliseconds that the provider has to settle after `signal` aborted. */
  readonly grace: number;
  /** Told of an agent that ends beside the run's end; absent: none may. */
  readonly onEnding: ((end: Promise<void>) => void) | undefined;
  /** Starts a timer on the manager's clock. */
  readonly startTimer: (milliseconds: number, callback: () => void) => () => void;
}

/** One try of a run on one provider: pulls its events and takes them in. */
export class RunAttempt {
  readonly #options: RunAttemptOptions;
  readonly #toolCalls = new Set<string>();
  /** A call that has begun before, in the log, and now begins again. */
  readonly #parkedCall: string | undefined;
  readonly #over = new AbortController();
  #started = false;
  #settled = false;
  #handle: string | undefined;
  #spoke = false;
  #moved = false;
  #output: string | undefined;
  readonly #sideEffects = new SideEffects();

  constructor(options: RunAttemptOptions) {
    this.#options = options;
    this.#parkedCall = options.request.resume?.parkedCall;
  }

  /** What the run has used with this attempt, also when it failed. */
  used(outcome?: RunOutcome): Used {
    return this.#options.usage.used(outcome);
  }

  /** True when the agent may have changed something. */
  get sideEffects(): boolean {
    return this.#sideEffects.any;
  }

  /** The agent's last message of the main thread. */
  get output(): string | undefined {
    return this.#output;
  }

  /** The provider's conversation, once the agent has shown that it exists by saying something. */
  get provenHandle(): string | undefined {
    return this.#spoke ? this.#handle : undefined;
  }

  /** True when the agent has done something in its conversation, so that its counters are others than before. */
  get moved(): boolean {
    return this.#moved;
  }

  /** Runs to the outcome. Throws what the provider throws, or `cancelled` if it doesn't settle in time. */
  async run(): Promise<RunOutcome> {
    const { provider, request, signal, grace, startTimer } = this.#options;
    const generator = provider.run(request, this.#host());
    let stopTimer: (() => void) | undefined;
    let onAbort: (() => void) | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      onAbort = () => {
        stopTimer = startTimer(grace, () =>
          reject(
            new AsmError(
              'cancelled',
              `${provider.name} did not end within ${grace} ms after it was stopped.`,
            ),
          ),
        );
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([this.#pull(generator), tooLate]);
    } finally {
      this.#settled = true;
      this.#over.abort(runOver());
      stopTimer?.();
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
  }

  #host(): RunHost {
    const { signal, gate, requests, provider, clientTools, onEnding } = this.#options;
    return {
      signal,
      ...(onEnding === undefined ? {} : { ending: onEnding }),
      steering: requests.steering,
      interrupts: requests.interrupts,
      authorize: async (call: ToolCall, options): Promise<Authorization> => {
        if (this.#settled) {
          throw new AsmError(
            'cancelled',
            `${provider.name} asked about a tool call after its run had ended.`,
          );
        }
        // An attempt that is over withdraws the questions that it leaves open.
        return await gate.authorize(call, {
          ...options,
          signal: AbortSignal.any([options.signal, this.#over.signal]),
        });
      },
      callTool: async (name, input, options) => {
        const stop = AbortSignal.any([signal, options.signal, this.#over.signal]);
        if (clientTools !== undefined) return await clientTools.call(name, input, { signal: stop });
        return { text: `There is no tool ${name}.`, failed: true };
      },
    };
  }

  /** Takes in an event of this attempt from the gate. */
  take(draft: EventDraft): Promise<void> | undefined {
    if (draft.type === 'tool_call_started') {
      const { toolCallId } = draft.data;
      if (this.#toolCalls.has(toolCallId)) return undefined;
      this.#toolCalls.add(toolCallId);
      if (toolCallId === this.#parkedCall) {
        this.observe(draft);
        return undefined;
      }
    }
    this.observe(draft);
    return this.#options.recorder.record(draft);
  }

  /** Takes notice of an event that another has taken in. */
  observe(draft: EventDraft): void {
    this.#sideEffects.see(draft);
    this.#options.clocks.see(draft);
  }

  async #pull(generator: AsyncGenerator<ProviderEvent, RunOutcome, void>): Promise<RunOutcome> {
    let taken = 0;
    try {
      for (;;) {
        const next = await generator.next();
        if (next.done === true) return this.#end(next.value);
        // Whoever does not stop when told is not listened to any more.
        if (this.#settled) throw new AsmError('cancelled', 'The run has ended.');
        const full = this.#started ? this.#see(next.value) : this.#start(next.value);
        if (full !== undefined) await full;
        // An agent that is as fast as it is read must not keep everybody else from their turn.
        else if (++taken % turnLength === 0) await new Promise(setImmediate);
      }
    } finally {
      this.#settled = true;
      // Returning early ends the agent; what that throws is not the run's failure.
      void generator.return({ status: 'interrupted' }).catch(() => undefined);
    }
  }

  #start(event: ProviderEvent): Promise<void> | undefined {
    const { provider, recorder, request, replay } = this.#options;
    const problem = providerEventProblem(event);
    if (problem !== undefined) throw new AsmError('agent_protocol_error', problem);
    if (event.type !== 'agent_started') {
      throw new AsmError(
        'agent_protocol_error',
        `The provider ${provider.name} gave ${event.type} before agent_started.`,
      );
    }
    this.#started = true;
    const { data } = event;
    this.#handle = data.handle;
    const model = this.#modelOf(event);
    this.#options.usage.seeModel(model);
    this.#options.clocks.see(event);
    const continuity = replay !== undefined && data.continuity === 'fresh' ? 'replayed' : data.continuity;
    recorder.recordWithRow(
      { type: 'agent_started', data: { ...data, continuity } },
      {
        ...(model === undefined ? {} : { model }),
        ...(data.process === undefined ? {} : { process: data.process }),
      },
    );
    if (replay !== undefined) {
      const { messages, omitted, text } = replay;
      const told = { messages, omitted, characters: text.length };
      void recorder.record({ type: 'conversation_replayed', data: told });
    }
    if (request.resume !== undefined && data.continuity !== 'native') {
      throw new AsmError(
        'resume_failed',
        `${provider.name} started afresh instead of continuing ${request.resume.handle.id}.`,
      );
    }
    // What has a process is stored before anything else happens, so that it is found if we die.
    return data.process === undefined ? undefined : recorder.flush();
  }

  /** The agent's own word, which ends up in the run's row and its costs. */
  #modelOf({ data: { model } }: EventDraft<'agent_started'>): string | undefined {
    return model === undefined ? undefined : this.#options.redact(model);
  }

  #end(outcome: RunOutcome): RunOutcome {
    const problem = this.#started
      ? outcomeProblem(outcome)
      : 'The provider ended its run before it had started an agent.';
    if (problem !== undefined) throw new AsmError('agent_protocol_error', problem);
    return outcome;
  }

  #see(event: ProviderEvent): Promise<void> | undefined {
    const problem = providerEventProblem(event);
    if (problem !== undefined) {
      return this.take({ type: 'warning_raised', data: { code: 'event_refused', message: problem } });
    }
    switch (event.type) {
      case 'agent_started':
        if (event.data.handle !== undefined) this.#handle = event.data.handle;
        this.#options.usage.seeModel(this.#modelOf(event));
        break;
      case 'tool_call_started':
      case 'turn_completed':
        this.#moved = true;
        break;
      case 'message_received':
        this.#spoke = true;
        this.#moved = true;
        if (event.data.parentToolCallId === undefined && event.data.role !== 'user')
          this.#output = event.data.text;
        break;
      case 'token_usage_updated':
        // The provider's figures are its attempt's; the log has those of the run.
        return this.take({ type: 'token_usage_updated', data: this.#options.usage.take(event.data) });
      default:
    }
    return this.take(event);
  }
}
