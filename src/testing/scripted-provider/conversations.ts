import { randomUUID } from 'node:crypto';
import { AsmError } from '../../domain/error.ts';
import type { ResumeRequest } from '../../ports/provider.ts';

/** A conversation of the scripted agent. */
export interface Conversation {
  readonly id: string;
  readonly texts: string[];
}

/** The conversations that a scripted provider remembers: the last 1,000, in memory. */
export interface Conversations {
  /** A new one, the one to resume, or a branch of it. Throws `resume_failed` for an unknown handle. */
  open(resume: ResumeRequest | undefined): Conversation;
}

const maximumConversations = 1000;

/** Makes an empty memory. `acceptAny`: unknown handles are taken up as empty conversations. */
export function createConversations(provider: string, acceptAny: boolean): Conversations {
  const known = new Map<string, Conversation>();
  const remember = (conversation: Conversation): Conversation => {
    known.set(conversation.id, conversation);
    const oldest = known.keys().next().value;
    if (known.size > maximumConversations && oldest !== undefined) known.delete(oldest);
    return conversation;
  };
  return {
    open(resume) {
      if (resume === undefined) return remember({ id: randomUUID(), texts: [] });
      const { id } = resume.handle;
      const found = known.get(id) ?? (acceptAny ? remember({ id, texts: [] }) : undefined);
      if (found === undefined) {
        throw new AsmError('resume_failed', `The scripted agent knows no conversation ${id}.`, {
          provider: { provider, kind: 'conversation_not_found' },
        });
      }
      return resume.fork ? remember({ id: randomUUID(), texts: [...found.texts] }) : found;
    },
  };
}
