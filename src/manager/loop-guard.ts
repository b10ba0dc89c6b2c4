import { isSupported } from '../domain/capability.ts';
import { AsmError } from '../domain/error.ts';
import { decidedBy } from '../domain/error-setting.ts';
import type { EventDraft } from '../domain/event.ts';
import { toJson } from '../domain/json.ts';
import type { LoopReport } from '../domain/loop-report.ts';
import type { ToolCall } from '../domain/tool.ts';
import { LoopDetector } from '../watchdog/loop-detector.ts';
import { loopSettings, type LoopOptions, type LoopSettings } from '../watchdog/loop-options.ts';
import type { GuardDecision, GuardedRun, GuardMaker, RunCandidate, RunGuard } from './run-guard.ts';

/** Finds out when agents repeat themselves; `given` is for runs that don't say otherwise. */
export function loopGuards(given: LoopOptions | false | undefined): GuardMaker {
  const settingsFor = ({ options }: RunCandidate): LoopSettings | undefined => {
    const { loops = given } = options;
    return loops === false ? undefined : loopSettings(given === false ? undefined : given, loops);
  };
  return {
    admit(candidate) {
      const { provider, options } = candidate;
      if (settingsFor(candidate)?.action !== 'request_approval' || options.acceptObserved === true) return;
      if (isSupported(provider.capabilities, 'approval_before_tool')) return;
      throw new AsmError(
        'capability_not_supported',
        `${provider.name} does not ask before its tools run, so that nobody can be asked about a loop. Let loops be warned of, or accept that they are only observed.`,
        {
          details: {
            provider: provider.name,
            missing: ['approval_before_tool'],
            ...decidedBy('acceptObserved'),
          },
        },
      );
    },
    watch(guarded) {
      const settings = settingsFor(guarded);
      return settings === undefined ? undefined : new LoopGuard(guarded, settings);
    },
  };
}

/** Tells one run's events to a detector, and does what is to be done about a loop. */
class LoopGuard implements RunGuard {
  readonly #guarded: GuardedRun;
  readonly #settings: LoopSettings;
  /** Most runs call no tool. */
  #detector: LoopDetector | undefined;

  constructor(guarded: GuardedRun, settings: LoopSettings) {
    this.#guarded = guarded;
    this.#settings = settings;
  }

  recall(draft: EventDraft): void {
    switch (draft.type) {
      case 'run_parked':
        this.#detector?.agentEnded(draft.data.toolCallId);
        return;
      case 'run_resumed':
        if (draft.data.from === 'interrupted') this.#detector?.agentEnded();
        return;
      default:
        this.#look(draft);
    }
    // Whoever decided about the call was asked, if it would have gone on with a loop.
    if (draft.type === 'tool_call_started')
      this.#detector?.asked({ ...draft.data, id: draft.data.toolCallId });
  }

  see(draft: EventDraft): void {
    const loop = this.#look(draft);
    if (loop !== undefined) this.#found(loop);
  }

  /** Gives the loop that ends with the event, once. */
  #look(draft: EventDraft): LoopReport | undefined {
    switch (draft.type) {
      case 'tool_call_started':
        this.#detector ??= new LoopDetector(this.#settings);
        this.#detector.started({ ...draft.data, id: draft.data.toolCallId });
        return undefined;
      case 'tool_call_decided':
        this.#detector?.decided(draft.data.toolCallId, draft.data.decision);
        return undefined;
      case 'tool_call_completed':
        return this.#detector?.ended(draft.data.toolCallId, { ...draft.data, failed: false });
      case 'tool_call_failed': {
        const outcome = draft.data.reason === 'interrupted' ? undefined : { ...draft.data, failed: true };
        return this.#detector?.ended(draft.data.toolCallId, outcome);
      }
      case 'attempt_failed':
        this.#detector?.reset();
        return undefined;
      default:
        return undefined;
    }
  }

  decide(call: ToolCall): GuardDecision | undefined {
    const loop = this.#detector?.asked(call);
    return loop === undefined ? undefined : { decision: 'ask', reason: loop.reason };
  }

  #found(loop: LoopReport): void {
    const { action } = this.#settings;
    this.#guarded.record({ type: 'loop_detected', data: { ...loop, action } });
    if (action !== 'cancel') return;
    const { kind, times, calls } = loop;
    const details = { kind, times, tools: calls.map(({ tool }) => tool), calls: toJson(calls) };
    this.#guarded.stop(new AsmError('loop_detected', loop.reason, { details }));
  }
}
