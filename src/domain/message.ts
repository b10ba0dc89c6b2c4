export const messageRoles = ['system', 'user', 'assistant', 'tool'] as const;
export type MessageRole = (typeof messageRoles)[number];

/** One message that a caller gives to an agent. */
export interface InputMessage {
  readonly role: 'user';
  readonly text: string;
}

/** What a run may be started with: text, one message, or several that are sent together. */
export type RunInput = string | InputMessage | readonly InputMessage[];

export function inputMessages(input: RunInput): readonly InputMessage[] {
  if (typeof input === 'string') return [{ role: 'user', text: input }];
  return 'text' in input ? [input] : input;
}

/** The messages as one text, for agents that take one prompt. */
export function inputText(messages: readonly InputMessage[]): string {
  return messages.map((message) => message.text).join('\n\n');
}
