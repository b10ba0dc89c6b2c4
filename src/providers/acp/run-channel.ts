import type { JsonValue } from '../../domain/json.ts';
import { createEventChannel } from '../../ports/event-channel.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import type { AcpAgent } from './agent.ts';
import { protocolError } from './errors.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import { normalize, normalizeOwnMessage } from './normalize.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** Foreign lines that an agent may write before its conversation is open. */
const maximumForeign = 1_000;

/** Events that may wait for their reader; each may have a Mi of characters. */
const capacity = 64;

/** Turns what an agent says into events for a reader who may be slow. */
export interface RunChannel {
  /** What waits to be read, until `end`. */
  readonly events: AsyncIterable<ProviderEvent>;
  emit(events: readonly ProviderEvent[]): void;
  /** Takes the parameters of a `session/update`. */
  takeUpdate(parameters: JsonValue): void;
  /** Takes something that isn't of the protocol. */
  takeForeign(raw: JsonValue): void;
  /** Resolves when the agent may be read on. Before the reader reads, only so much is kept. */
  ready(): Promise<void>;
  /** The prompt is on its way: what was said before belongs to an earlier run, what follows to this one. */
  begin(): void;
  end(): void;
}

/** Makes the channel of one run. */
export function createRunChannel(agent: AcpAgent, state: NormalizerState): RunChannel {
  const channel = createEventChannel<ProviderEvent>(capacity);
  const early: ProviderEvent[] = [];
  let begun = false;
  let pressure = Promise.resolve();
  const emit = (events: readonly ProviderEvent[]): void => {
    if (!begun) early.push(...events);
    else for (const event of events) pressure = channel.push(event);
  };
  return {
    events: channel,
    emit,
    takeUpdate(parameters) {
      if (begun) emit(normalize(parameters, state));
    },
    takeForeign(raw) {
      const method = textField(raw, 'method');
      if (method !== undefined && method === agent.preset?.messageNotification) {
        if (begun) emit(normalizeOwnMessage(fieldOf(raw, 'params') ?? null, state));
        return;
      }
      if (method !== undefined && (agent.preset?.silentNotifications ?? []).includes(method)) return;
      emit([{ type: 'unparsed', data: { raw } }]);
    },
    ready() {
      if (early.length > maximumForeign)
        return Promise.reject(protocolError(agent.name, 'writes other things than messages'));
      return pressure;
    },
    begin() {
      begun = true;
      emit(early.splice(0));
    },
    end: () => channel.end(),
  };
}
