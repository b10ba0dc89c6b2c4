import type { Event } from '../domain/event.ts';
import { formatDuration } from './figure-format.ts';
import type { StudioNote } from './studio-note.ts';
import { oneLine } from './visible-text.ts';

type WatchdogEvent = Event<'loop_detected' | 'run_stalled' | 'watchdog_acted' | 'run_recovered'>;

const length = 200;

const doing = { starting: 'while it starts', streaming: 'from its model', in_tool: 'from its tool' } as const;
const done = {
  nudge: 'Nudging the agent',
  interrupt: 'Interrupting the stalled run',
  cancel: 'Ending the stalled run',
} as const;

/** What is said of a run that stalls or goes round in circles. */
export function watchdogNote(event: WatchdogEvent): StudioNote {
  switch (event.type) {
    case 'loop_detected':
      return {
        kind: event.data.action === 'cancel' ? 'fail' : 'warn',
        text: oneLine(event.data.reason, length),
      };
    case 'run_stalled':
      return {
        kind: 'warn',
        text: `Stalled: nothing ${doing[event.data.state]} for ${formatDuration(event.data.silence)}`,
      };
    case 'watchdog_acted': {
      const { step, as, reason = '' } = event.data;
      if (as === 'done') return { kind: 'dim', text: done[step] };
      return { kind: 'dim', text: `The watchdog skips its step ${step}: ${oneLine(reason, length)}` };
    }
    case 'run_recovered':
      return { kind: 'dim', text: `Going on after ${formatDuration(event.data.silence)}` };
  }
}
