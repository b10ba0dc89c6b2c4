import { capabilities, isSupported, type Capabilities } from '../../domain/capability.ts';
import { systemClock, type Clock } from '../../domain/clock.ts';
import { abortError } from '../../domain/error.ts';
import type { Provider, ProviderEvent, RunHost, RunOutcome, RunRequest } from '../../ports/provider.ts';
import { createConversations, type Conversations } from './conversations.ts';
import { misbehave, type Misbehaviour } from './misbehaviour.ts';
import type { ProviderScript } from './script-step.ts';
import { ScriptedRun } from './scripted-run.ts';
import { stepEvents } from './step-events.ts';

export interface ScriptedProviderOptions {
  /** Default `scripted`. */
  readonly name?: string;
  /** Replaces claims of `scriptedCapabilities`. Steering and interrupts are served only if claimed. */
  readonly capabilities?: Partial<Capabilities>;
  readonly clock?: Clock;
  /** Default `1.0.0`. */
  readonly version?: string;
  /** Default: the request's model, else `scripted-model`. */
  readonly model?: string;
  /** True: a handle of another process is taken up as an empty conversation. Default: `resume_failed`. */
  readonly acceptAnyHandle?: boolean;
  /** How it breaks the port's promises, for tests of what reads a provider. */
  readonly misbehaviour?: Misbehaviour;
}

/** What a scripted provider claims unless it is told otherwise. */
export const scriptedCapabilities: Capabilities = Object.freeze(
  capabilities({
    text_deltas: 'native',
    reasoning: 'native',
    tool_events: 'native',
    approval_before_tool: 'native',
    changed_tool_input: 'native',
    steer: 'native',
    interrupt: 'native',
    native_resume: 'native',
    fork: 'native',
    transcript_replay: 'emulated',
    usage_reported: 'native',
    cost_reported: 'native',
    permission_modes: 'emulated',
  }),
);

/**
 * Makes a provider that does what its script says: no process, no model, no network. It keeps its
 * conversations in memory, asks the host before each tool, ends when the run is cancelled (throwing
 * the signal's reason) or interrupted, and is as fast as it is read.
 */
export function scriptedProvider(script: ProviderScript, options: ScriptedProviderOptions = {}): Provider {
  const name = options.name ?? 'scripted';
  const claims: Capabilities = Object.freeze({ ...scriptedCapabilities, ...options.capabilities });
  const version = options.version ?? '1.0.0';
  const conversations = createConversations(name, options.acceptAnyHandle ?? false);
  const play = (request: RunRequest, host: RunHost): AsyncGenerator<ProviderEvent, RunOutcome, void> =>
    playScript(script, { request, host, clock: options.clock ?? systemClock }, conversations, {
      claims,
      version,
      model: options.model ?? request.model ?? 'scripted-model',
    });
  return {
    name,
    capabilities: claims,
    describe: () =>
      Promise.resolve({ name, agent: { installed: true, version }, signedIn: 'yes', capabilities: claims }),
    run: (request, host) =>
      options.misbehaviour === undefined
        ? play(request, host)
        : misbehave(play(request, host), options.misbehaviour, request, host),
  };
}

async function* playScript(
  script: ProviderScript,
  parts: { readonly request: RunRequest; readonly host: RunHost; readonly clock: Clock },
  conversations: Conversations,
  agent: { readonly claims: Capabilities; readonly version: string; readonly model: string },
): AsyncGenerator<ProviderEvent, RunOutcome, void> {
  const { request, host } = parts;
  if (host.signal.aborted) throw abortError(host.signal);
  const conversation = conversations.open(request.resume);
  const run = new ScriptedRun(parts, conversation, {
    steering: isSupported(agent.claims, 'steer'),
    interrupts: isSupported(agent.claims, 'interrupt'),
  });
  try {
    yield {
      type: 'agent_started',
      data: {
        version: agent.version,
        model: agent.model,
        handle: conversation.id,
        continuity: request.resume === undefined ? 'fresh' : 'native',
      },
    };
    const steps = [...(typeof script === 'function' ? await script(run) : script)];
    for (let step = steps.shift(); step !== undefined && !run.stop.aborted; step = steps.shift()) {
      if ('call' in step) {
        steps.unshift(...((await step.call(run)) ?? []));
        continue;
      }
      const events = stepEvents(step, run);
      if (Symbol.iterator in events) {
        for (const event of events) {
          yield event;
          if (run.stop.aborted) break;
        }
      } else {
        for await (const event of events) yield event;
      }
    }
    if (host.signal.aborted) throw abortError(host.signal);
    return outcomeOf(run);
  } finally {
    run.requests.end();
  }
}

function outcomeOf(run: ScriptedRun): RunOutcome {
  const interrupted = run.requests.interrupted.aborted;
  return {
    status: interrupted ? 'interrupted' : 'completed',
    stopReason: interrupted ? 'interrupted' : 'end_turn',
    handle: { id: run.conversation.id },
    ...(run.output === undefined ? {} : { output: run.output }),
    ...(run.usage === undefined ? {} : { usage: run.usage }),
    ...(run.cost === undefined ? {} : { cost: run.cost }),
  };
}
