import type { LogEvent } from '../domain/event.ts';
import { oneLine } from './visible-text.ts';

const length = 200;

/** What is said of a question to a person, and of a run that waits for one without a process. */
export function approvalText(event: LogEvent): string | undefined {
  switch (event.type) {
    case 'tool_approval_requested':
      return `Waiting for approval ${event.data.approvalId}: ${oneLine(event.data.reason, length)}`;
    case 'tool_approval_granted':
      return `Approved by ${oneLine(event.data.by, length)}${after(event.data.reason)}`;
    case 'tool_approval_denied':
      return `Refused by ${oneLine(event.data.by, length)}${after(event.data.message ?? event.data.reason)}`;
    case 'tool_approval_expired':
      return event.data.as === 'allow'
        ? 'Nobody answered in time: allowed'
        : 'Nobody answered in time: refused';
    case 'tool_approval_withdrawn':
      return `Question taken back${after(event.data.reason)}`;
    case 'tool_approval_revoked':
      return `Approval ${event.data.approvalId} revoked by ${oneLine(event.data.by, length)}${after(event.data.reason)}`;
    case 'run_parked':
      return `Agent ended until approval ${event.data.approvalId} is answered`;
    case 'run_resumed':
      return event.data.from === 'parked'
        ? 'Going on with the answer'
        : 'Going on after the process was gone';
    default:
      return undefined;
  }
}

function after(text: string | undefined): string {
  return text === undefined || text === '' ? '' : `: ${oneLine(text, length)}`;
}
