import type { Event, LogEvent } from '../domain/event.ts';
import type { EventData, RunEndData, ToolResultData } from '../domain/event-data.ts';
import { budgetText, formatCost, runName, shortModel, shortReason, tokenTotals } from './figure-format.ts';
import { outputText } from './output-text.ts';
import type { Palette } from './palette.ts';
import { violationText } from './policy-text.ts';
import { oneLine } from './visible-text.ts';

type TokenEvent = Exclude<LogEvent, Event<'message_streamed' | 'reasoning_streamed'>>;

const previewLength = 120;
const outputLength = 2_000;
const nameLength = 60;

/** The token or tokens of one event, without space around them. Never empty. */
export function compactToken(event: TokenEvent, paint: Palette): string {
  const { red, green, blue, magenta, dim } = paint;
  const preview = (text: string): string => dim(oneLine(text, previewLength));
  switch (event.type) {
    case 'session_created':
      return dim('s+');
    case 'session_activated':
      return dim('s:active');
    case 'session_paused':
      return dim('s:paused');
    case 'session_resumed':
      return dim('s:resumed');
    case 'session_completed':
      return blue('s-');
    case 'session_failed':
      return `${red('s!')} ${preview(event.data.error.message)}`;
    case 'session_cancelled':
      return `${red('s!')} ${dim('cancelled')}`;
    case 'run_created':
      return dim('r:pending');
    case 'run_queued':
    case 'run_moved':
      return dim(`r:queued@${event.data.position}`);
    case 'run_started':
      return `${blue('r+')} ${magenta(runName(event.data.requested))}`;
    case 'run_completed':
      return completedToken(event.data, paint);
    case 'run_failed':
      return `${red('!')} ${preview(event.data.error.message)}`;
    case 'run_timed_out':
      return `${red('!')} ${dim(`timed out: ${oneLine(event.data.error.message, previewLength)}`)}`;
    case 'run_cancelled':
      return `${red('!')} ${dim('cancelled')}`;
    case 'run_cancel_requested':
      return dim('r:cancel?');
    case 'run_interrupt_requested':
      return dim('r:interrupt?');
    case 'run_interrupted':
      return dim(`r:interrupt=${event.data.as}`);
    case 'run_steer_requested':
      return `${dim('r:steer?')} ${preview(event.data.message.text)}`;
    case 'run_steered':
      return dim(`r:steer=${event.data.as}`);
    case 'run_parked':
      return dim('r:parked');
    case 'run_resumed':
      return dim(`r:resumed=${event.data.from}`);
    case 'tool_approval_requested':
      return `${magenta('ap?')} ${preview(event.data.reason)}`;
    case 'tool_approval_granted':
      return dim('ap:granted');
    case 'tool_approval_denied':
      return `${red('ap:denied')} ${preview(event.data.message ?? '')}`.trimEnd();
    case 'tool_approval_expired':
      return dim('ap:expired');
    case 'tool_approval_withdrawn':
      return dim('ap:withdrawn');
    case 'tool_approval_revoked':
      return dim('ap:revoked');
    case 'agent_started':
      return agentToken(event, paint);
    case 'attempt_routed':
      return `${blue(`a${event.data.routingAttempt}`)} ${dim(oneLine(event.data.routedProvider, previewLength))}`;
    case 'conversation_replayed':
      return dim(`replay:${event.data.messages}`);
    case 'attempt_failed':
      return `${red('a!')} ${preview(event.data.error.message)}`;
    case 'agent_retrying':
      return `${magenta(retryMark(event.data))} ${preview(event.data.reason)}`;
    case 'message_sent':
      return `${blue(event.data.steering === true ? 'in+' : 'in')} ${preview(event.data.text)}`;
    case 'message_received':
      return `${nested(event.data, paint)}${blue('msg')} ${preview(event.data.text)}`.trimEnd();
    case 'reasoning_received':
      return `${nested(event.data, paint)}${dim('rsn')} ${preview(event.data.text)}`.trimEnd();
    case 'tool_call_started':
      return nested(event.data.lineage, paint) + green(`t+${oneLine(event.data.name, nameLength)}`);
    case 'tool_call_decided':
      return event.data.decision === 'allow'
        ? dim('td:allow')
        : `${red('td:deny')} ${preview(event.data.reason ?? '')}`.trimEnd();
    case 'tool_output_streamed':
      return dim(`to:${event.data.text.length}`);
    case 'tool_call_completed':
      return (
        nested(event.data, paint) +
        green(`t-${oneLine(event.data.name, nameLength)}`) +
        resultToken(event.data, paint)
      );
    case 'tool_call_failed':
      return (
        nested(event.data, paint) +
        red(`t!${oneLine(event.data.name, nameLength)}:${event.data.reason}`) +
        resultToken(event.data, paint)
      );
    case 'subagent_started':
      return green(`sa+${oneLine(event.data.agentType ?? 'agent', nameLength)}`);
    case 'subagent_completed':
      return green(`sa-${oneLine(event.data.status, nameLength)}`);
    case 'plan_updated':
      return dim(
        `pl:${event.data.steps.filter((step) => step.status === 'completed').length}/${event.data.steps.length}`,
      );
    case 'file_changed':
      return green(`${fileMarks[event.data.change]}${oneLine(event.data.path, previewLength)}`);
    case 'turn_completed':
      return dim(event.data.stopReason === undefined ? 'tn' : `tn:${shortReason(event.data.stopReason)}`);
    case 'token_usage_updated':
      return usageToken(event.data, paint);
    case 'budget_warning_raised':
      return `${magenta('b!')} ${preview(budgetText(event.data))}`;
    case 'rate_limit_updated':
      return dim(`rl:${oneLine(event.data.status, nameLength)}${percentage(event.data.utilization)}`);
    case 'context_compacted':
      return dim(`cc:${event.data.tokensBefore ?? '?'}>${event.data.tokensAfter ?? '?'}`);
    case 'policy_violated':
      return `${red('p!')} ${preview(violationText(event.data, previewLength))}`;
    case 'loop_detected':
      return `${magenta('lp!')} ${preview(event.data.reason)}`;
    case 'run_stalled':
      return magenta(`wd:stalled=${event.data.silence}ms`);
    case 'watchdog_acted':
      return dim(`wd:${event.data.step}${event.data.as === 'done' ? '' : '-skipped'}`);
    case 'run_recovered':
      return dim('wd:recovered');
    case 'warning_raised':
      return `${magenta('w!')} ${preview(event.data.message)}`;
    case 'unparsed':
      return `${dim('?')} ${dim('unparsed')}`;
    case 'unrecognized':
      return `${dim('?')} ${dim(oneLine(event.originalType, nameLength))}`;
  }
}

const fileMarks = { created: 'f+', modified: 'f~', deleted: 'f-' } as const;

function nested(lineage: { readonly parentToolCallId?: string } | undefined, paint: Palette): string {
  return lineage?.parentToolCallId === undefined ? '' : paint.dim('↳');
}

function completedToken(data: RunEndData & { readonly interrupted: boolean }, paint: Palette): string {
  const reason = data.interrupted ? 'interrupted' : shortReason(data.stopReason ?? '');
  const cost = formatCost(data.cost, 4);
  return (
    paint.blue(reason === '' ? 'r-' : `r-:${reason}`) + (cost === undefined ? '' : ` ${paint.dim(cost)}`)
  );
}

function agentToken(event: Event<'agent_started'>, paint: Palette): string {
  const { model, version } = event.data;
  const parts = [paint.blue('a+')];
  if (model !== undefined) parts.push(paint.magenta(shortModel(model)));
  if (version !== undefined) parts.push(paint.dim(oneLine(version, nameLength)));
  if ((event.attempt ?? 1) > 1) parts.push(paint.dim(`#${event.attempt}`));
  return parts.join(' ');
}

function retryMark(data: EventData['agent_retrying']): string {
  return `retry:${data.attempt}${data.maximumAttempts === undefined ? '' : `/${data.maximumAttempts}`}`;
}

function resultToken(data: ToolResultData, paint: Palette): string {
  const output = oneLine(outputText(data.output), outputLength);
  return output === '' ? '' : ` ${paint.green('tr:')} ${paint.dim(output)}`;
}

function usageToken(data: EventData['token_usage_updated'], paint: Palette): string {
  const { input, output } = tokenTotals(data.usage);
  const cost = formatCost(data.cost, 4);
  return paint.dim(`tk:${input}/${output}${cost === undefined ? '' : ` ${cost}`}`);
}

function percentage(share: number | undefined): string {
  return share === undefined ? '' : ` ${Math.round(share * 100)}%`;
}
