import type { EventDraft } from '../domain/event.ts';
import type { ToolKind } from '../domain/tool.ts';

/** Tools that change nothing, whatever they are given. */
const harmless: ReadonlySet<ToolKind> = new Set(['read', 'search', 'plan', 'question', 'internal']);

/** Sees whether an attempt may have changed something: a tool began that can, and was not refused. */
export class SideEffects {
  readonly #begun = new Set<string>();
  #fileChanged = false;

  get any(): boolean {
    return this.#fileChanged || this.#begun.size > 0;
  }

  see(draft: EventDraft): void {
    switch (draft.type) {
      case 'tool_call_started':
        if (!harmless.has(draft.data.kind)) this.#begun.add(draft.data.toolCallId);
        return;
      case 'tool_call_decided':
        if (draft.data.decision === 'deny') this.#begun.delete(draft.data.toolCallId);
        return;
      case 'file_changed':
        this.#fileChanged = true;
        return;
      default:
    }
  }
}
