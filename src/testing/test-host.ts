import type { ClientToolResult } from '../domain/client-tool.ts';
import { AsmError, abortError } from '../domain/error.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Authorization, ToolCall } from '../domain/tool.ts';
import { createEventChannel } from '../ports/event-channel.ts';
import type { RunHost, Steering } from '../ports/provider.ts';

/** Answers a tool call. The signal aborts when the question is withdrawn or the run is cancelled. */
export type TestAuthorize = (
  call: ToolCall,
  options: { readonly signal: AbortSignal },
) => Authorization | Promise<Authorization>;

export interface TestHostOptions {
  /** Default: allows everything. */
  readonly authorize?: TestAuthorize;
  /** Does the work of the client tools. Default: every call fails. */
  readonly callTool?: (name: string, input: JsonObject) => ClientToolResult | Promise<ClientToolResult>;
  /** Aborts the run, besides `cancel`. */
  readonly signal?: AbortSignal;
}

/** A question that a provider asked. `answer` is set once it got one. */
export interface TestQuestion {
  readonly call: ToolCall;
  /** `withdrawn` when its signal aborted first, `failed` when the authorize function threw. */
  readonly answer?: Authorization | 'withdrawn' | 'failed';
}

/** What became of a steering message. */
export type SteeringAnswer =
  | { readonly as: 'accepted' }
  | { readonly as: 'refused'; readonly reason: string };

/** A `RunHost` that a test controls. */
export interface TestHost extends RunHost {
  /** Every question so far, in its order. */
  readonly questions: readonly TestQuestion[];
  /** Aborts the run's signal. */
  cancel(reason?: string): void;
  /** Asks to stop the turn and keep the session. */
  interrupt(): void;
  /** Says something to the agent while it works; resolves with its answer, `refused` at the end of the run. */
  steer(text: string): Promise<SteeringAnswer>;
  /**
   * To be called when the run has settled: steering and interrupts end, open messages are refused,
   * `authorize` rejects from now on.
   */
  end(): void;
}

/** Makes a host for one attempt. */
export function createTestHost(options: TestHostOptions = {}): TestHost {
  const cancelled = new AbortController();
  const signal =
    options.signal === undefined ? cancelled.signal : AbortSignal.any([cancelled.signal, options.signal]);
  const authorize = options.authorize ?? ((): Authorization => ({ decision: 'allow' }));
  const callTool =
    options.callTool ??
    ((name: string): ClientToolResult => ({ text: `There is no tool ${name}.`, failed: true }));
  const questions: { call: ToolCall; answer?: Authorization | 'withdrawn' | 'failed' }[] = [];
  const steering = createEventChannel<Steering>();
  const interrupts = createEventChannel<true>();
  const openSteering = new Set<(answer: SteeringAnswer) => void>();
  let ended = false;

  return {
    signal,
    questions,
    steering,
    interrupts,
    async authorize(call, callOptions) {
      if (ended)
        throw new AsmError('cancelled', `The run has settled; tool call ${call.id} is not asked about.`);
      const question: (typeof questions)[number] = { call };
      questions.push(question);
      const asked = AbortSignal.any([signal, callOptions.signal]);
      try {
        question.answer = await unlessAborted(authorize(call, { signal: asked }), asked);
        return question.answer;
      } catch (thrown) {
        question.answer = asked.aborted ? 'withdrawn' : 'failed';
        throw thrown;
      }
    },
    async callTool(name, input, callOptions) {
      return await unlessAborted(callTool(name, input), AbortSignal.any([signal, callOptions.signal]));
    },
    cancel(reason) {
      cancelled.abort(new AsmError('cancelled', reason ?? 'The test cancelled the run.'));
    },
    interrupt() {
      void interrupts.push(true);
    },
    steer(text) {
      return new Promise((resolve) => {
        if (ended) return resolve({ as: 'refused', reason: 'The run has ended.' });
        const answer = (how: SteeringAnswer): void => {
          openSteering.delete(answer);
          resolve(how);
        };
        openSteering.add(answer);
        void steering.push({
          message: { role: 'user', text },
          accepted: () => answer({ as: 'accepted' }),
          refused: (reason) => answer({ as: 'refused', reason }),
        });
      });
    },
    end() {
      ended = true;
      steering.end();
      interrupts.end();
      for (const answer of [...openSteering]) answer({ as: 'refused', reason: 'The run has ended.' });
    },
  };
}

async function unlessAborted<Value>(value: Value | Promise<Value>, signal: AbortSignal): Promise<Value> {
  if (signal.aborted) throw abortError(signal);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(abortError(signal));
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
