import type { AsmError } from '../../domain/error.ts';
import { textField } from '../../domain/json-field.ts';
import type { JsonRpc } from './json-rpc.ts';
import type { InboxItem, MessageInbox } from './message-inbox.ts';
import { notifications } from './protocol.ts';

/** To which runs goes what a server says. */
export interface ServerInboxes {
  /** All that is said of a conversation goes to the inbox, and what is said of none. */
  attach(threadId: string, inbox: MessageInbox): void;
  detach(threadId: string): void;
  /** Resolves when the server says that it has put the conversation away. */
  closed(threadId: string): Promise<void>;
  /** What runs get that isn't attached yet or whose conversation is not known: everything of a server with one run. */
  readonly lobby: Set<MessageInbox>;
  /** Gives it to the runs that it is for. Resolves when there is room for more; `undefined` when there is. */
  deliver(item: InboxItem, bytes: number): Promise<unknown> | undefined;
  /** All that wait hear of it. */
  fail(error: AsmError): void;
}

/** `refuse` answers what the server asks of a run that isn't there. */
export function createServerInboxes(refuse: JsonRpc['refuse']): ServerInboxes {
  const threads = new Map<string, MessageInbox>();
  const lobby = new Set<MessageInbox>();
  const closings = new Map<string, () => void>();
  return {
    attach: (threadId, inbox) => void threads.set(threadId, inbox),
    detach: (threadId) => void threads.delete(threadId),
    async closed(threadId) {
      await new Promise<void>((resolve) => closings.set(threadId, resolve));
      closings.delete(threadId);
    },
    lobby,
    deliver(item, bytes) {
      const threadId = 'raw' in item ? undefined : textField(item.params, 'threadId');
      if (threadId !== undefined && !('raw' in item) && item.method === notifications.closed)
        closings.get(threadId)?.();
      const own = threadId === undefined ? undefined : threads.get(threadId);
      if (own !== undefined) {
        own.push(item, bytes);
        return own.room();
      }
      if (lobby.size === 0 && threadId !== undefined && !('raw' in item) && item.id !== undefined)
        refuse(item.id, 'Nobody waits for this.');
      const receivers = threadId === undefined ? new Set([...threads.values(), ...lobby]) : lobby;
      for (const inbox of receivers) inbox.push(item, bytes);
      const full = [...receivers].flatMap((inbox) => inbox.room() ?? []);
      return full.length === 0 ? undefined : Promise.all(full);
    },
    fail(error) {
      for (const inbox of [...threads.values(), ...lobby]) inbox.fail(error);
    },
  };
}
