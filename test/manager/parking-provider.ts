import { capabilities } from '../../src/domain/capability.ts';
import type { Provider, ProviderEvent, RunHost, RunOutcome, RunRequest } from '../../src/ports/provider.ts';
import { callOf } from './approval-room.ts';

export interface ParkingOptions {
  readonly command?: string;
  /** Whether the agent can be ended with its question open. Default: always. */
  readonly possible?: () => boolean;
  /** Awaited before its agent makes its call. */
  readonly beforeCall?: () => Promise<void>;
  /** What the agent tells before its call. */
  readonly before?: readonly ProviderEvent[];
  /** What it tells after the call of this id. */
  readonly after?: (callId: string) => readonly ProviderEvent[];
  /** Awaited after the agent was told to end with its question open. */
  readonly beforeParked?: () => Promise<void>;
  /** True: it says that it is parked although nobody asked for it. */
  readonly parksUnasked?: boolean;
}

/** A provider whose agent makes one call, can be ended for it, and takes it up again. `ran` are its calls. */
export function parkingProvider(options: ParkingOptions = {}): Provider & { readonly ran: string[] } {
  const { command = 'make file', possible = () => true } = options;
  const ran: string[] = [];
  async function* run(request: RunRequest, host: RunHost): AsyncGenerator<ProviderEvent, RunOutcome, void> {
    const handle = { id: 'conversation' };
    const continuity = request.resume === undefined ? 'fresh' : 'native';
    yield { type: 'agent_started', data: { handle: handle.id, continuity } };
    yield { type: 'message_received', data: { messageId: 'm', role: 'assistant', text: 'I want to.' } };
    if (request.resume === undefined) yield* options.before ?? [];
    if (options.parksUnasked === true) return { status: 'parked', handle };
    await options.beforeCall?.();
    const parked = Promise.withResolvers<'parked'>();
    const parking = { possible, park: () => parked.resolve('parked') };
    const call = { ...callOf(command), id: request.resume?.parkedCall ?? `call-${request.attempt}` };
    const answer = await Promise.race([
      host.authorize(call, { signal: host.signal, parking }),
      parked.promise,
    ]);
    if (answer === 'parked') {
      await options.beforeParked?.();
      host.signal.throwIfAborted();
      return { status: 'parked', handle };
    }
    if (answer.decision === 'allow') ran.push(`${call.id} ${request.messages.length}`);
    yield* options.after?.(call.id) ?? [];
    return { status: 'completed', output: answer.decision, handle };
  }
  return {
    name: 'parking',
    ran,
    capabilities: capabilities({
      approval_before_tool: 'native',
      native_resume: 'native',
      tool_rules: 'native',
      permission_modes: 'native',
      tool_events: 'native',
      usage_reported: 'native',
      usage_per_answer: 'native',
      cost_reported: 'native',
    }),
    describe: () => Promise.reject(new Error('Nobody asks.')),
    run,
  };
}
