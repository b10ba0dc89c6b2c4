import type { Clock } from '../../domain/clock.ts';
import type { Cost } from '../../domain/cost.ts';
import type { RunHost, RunRequest } from '../../ports/provider.ts';
import { addUsage, noUsage, tokenUsage, type TokenUsage } from '../../domain/usage.ts';
import type { Conversation } from './conversations.ts';
import { readRequests, type RunRequests } from './run-requests.ts';
import type { ScriptContext } from './script-step.ts';

/** The state of one run of a scripted provider. */
export class ScriptedRun implements ScriptContext {
  readonly request: RunRequest;
  readonly host: RunHost;
  readonly clock: Clock;
  readonly conversation: Conversation;
  readonly requests: RunRequests;
  readonly stop: AbortSignal;
  output: string | undefined;
  usage: TokenUsage | undefined;
  cost: Cost | undefined;
  #ids = 0;

  constructor(
    parts: { readonly request: RunRequest; readonly host: RunHost; readonly clock: Clock },
    conversation: Conversation,
    serves: { readonly steering: boolean; readonly interrupts: boolean },
  ) {
    this.request = parts.request;
    this.host = parts.host;
    this.clock = parts.clock;
    this.conversation = conversation;
    this.requests = readRequests(parts.host, serves, (text) => conversation.texts.push(text));
    this.stop = AbortSignal.any([parts.host.signal, this.requests.interrupted]);
    conversation.texts.push(...parts.request.messages.map((message) => message.text));
  }

  get history(): readonly string[] {
    return this.conversation.texts;
  }

  newId(kind: 'message' | 'tool'): string {
    this.#ids++;
    return `${kind}-${this.request.attempt}-${this.#ids}`;
  }

  said(text: string): void {
    this.output = text;
    this.conversation.texts.push(text);
  }

  used(usage: Partial<TokenUsage>, cost: Cost | undefined): TokenUsage {
    this.usage = addUsage(this.usage ?? noUsage, tokenUsage(usage));
    if (cost !== undefined) this.cost = cost;
    return this.usage;
  }
}
