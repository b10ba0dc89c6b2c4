import type { RunRequest } from '../../ports/provider.ts';
import { CallRegistry } from './call-registry.ts';
import type { AcpPreset } from './preset.ts';
import { TextTracker } from './text-tracker.ts';
import type { CallReader } from './tool-call.ts';
import type { UsageMeter } from './usage-meter.ts';

/** What the normaliser knows of a run; one for each run. */
export interface NormalizerState {
  readonly texts: TextTracker;
  readonly calls: CallRegistry;
  readonly reader: CallReader;
  readonly usage: UsageMeter;
  /** True for calls that the gate refused. */
  readonly isDenied: (toolCallId: string) => boolean;
  /** Set when a person stopped the turn: what fails from then on was stopped. */
  interrupted: boolean;
  /** The conversation, once it is open. */
  sessionId: string | undefined;
  /** The agent's own mode, as far as it is known. */
  mode: string | undefined;
  /** The plan that was told last, as JSON. */
  plan: string;
}

/** Makes the state of a new run. */
export function createNormalizerState(parts: {
  readonly preset: AcpPreset | undefined;
  readonly clientTools?: RunRequest['clientTools'];
  readonly usage: UsageMeter;
  readonly isDenied: (toolCallId: string) => boolean;
}): NormalizerState {
  return {
    texts: new TextTracker(),
    calls: new CallRegistry(parts.preset),
    reader: { preset: parts.preset, clientTools: parts.clientTools ?? [] },
    usage: parts.usage,
    isDenied: parts.isDenied,
    interrupted: false,
    sessionId: undefined,
    mode: undefined,
    plan: '[]',
  };
}
