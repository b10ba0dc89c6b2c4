import type { RunHost } from '../../ports/provider.ts';

/** What people ask of a run while it goes on. */
export interface RunRequests {
  /** Aborted by the first interrupt. */
  readonly interrupted: AbortSignal;
  /** The next steering message's text; `undefined` when the signal aborts first. */
  nextSteering(signal: AbortSignal): Promise<string | undefined>;
  /** From now on every steering message is refused. */
  end(): void;
}

/** Reads the host's steering and interrupts, as far as the provider serves them, until the host ends them; tells each message that was accepted. */
export function readRequests(
  host: RunHost,
  serves: { readonly steering: boolean; readonly interrupts: boolean },
  onSteering: (text: string) => void,
): RunRequests {
  const interrupt = new AbortController();
  const steered: string[] = [];
  let ended = false;
  let wake: (() => void) | undefined;

  const readSteering = async (): Promise<void> => {
    for await (const steering of host.steering) {
      if (ended) {
        steering.refused('The run has ended.');
      } else if (serves.steering) {
        steered.push(steering.message.text);
        onSteering(steering.message.text);
        steering.accepted();
        wake?.();
      } else steering.refused('This agent takes no messages while it works.');
    }
  };
  const readInterrupts = async (): Promise<void> => {
    for await (const _ of host.interrupts) interrupt.abort();
  };
  // A host that fails to ask has nothing to tell a run: it goes on without.
  readSteering().catch(() => undefined);
  if (serves.interrupts) readInterrupts().catch(() => undefined);

  return {
    interrupted: interrupt.signal,
    async nextSteering(signal) {
      while (steered.length === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      return signal.aborted ? undefined : steered.shift();
    },
    end() {
      ended = true;
    },
  };
}
