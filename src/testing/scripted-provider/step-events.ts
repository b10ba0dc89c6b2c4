import type { ProviderEvent } from '../../ports/provider.ts';
import { cutText } from '../model-server/model-turn.ts';
import { pause } from '../../domain/pause.ts';
import { whenAborted } from '../model-server/when-aborted.ts';
import type { ScriptStep } from './script-step.ts';
import type { ScriptedRun } from './scripted-run.ts';
import { toolEvents } from './tool-events.ts';

/**
 * What a step yields. The synchronous ones are cheap and end between two of their events; the
 * others see to the run's stop themselves. `call` steps are not for here.
 */
export function stepEvents(
  step: Exclude<ScriptStep, { readonly call: unknown }>,
  run: ScriptedRun,
): Iterable<ProviderEvent> | AsyncIterable<ProviderEvent> {
  if ('say' in step) return sayEvents(step.say, step.chunks ?? 3, run);
  if ('stream' in step) return streamEvents(step.stream, step.times, run);
  if ('reason' in step) return reasonEvents(step.reason, step.chunks ?? 1, run);
  if ('tool' in step) return toolEvents(step, run);
  if ('usage' in step) {
    const usage = run.used(step.usage, step.cost);
    return [
      { type: 'token_usage_updated', data: { usage, ...(run.cost === undefined ? {} : { cost: run.cost }) } },
    ];
  }
  if ('emit' in step) return [step.emit];
  // Deliberately unchecked: tests of what reads a provider need one that breaks its types.
  if ('emitRaw' in step) return [step.emitRaw as ProviderEvent];
  if ('fail' in step) throw step.fail;
  return waitEvents(step, run);
}

function* sayEvents(text: string, chunks: number, run: ScriptedRun): Generator<ProviderEvent, void, void> {
  const messageId = run.newId('message');
  if (chunks > 0) {
    for (const piece of cutText(text, chunks))
      yield { type: 'message_streamed', data: { messageId, text: piece } };
  }
  run.said(text);
  yield { type: 'message_received', data: { messageId, role: 'assistant', text } };
}

function* streamEvents(piece: string, times: number, run: ScriptedRun): Generator<ProviderEvent, void, void> {
  const messageId = run.newId('message');
  for (let count = 0; count < times; count++)
    yield { type: 'message_streamed', data: { messageId, text: piece } };
  const text = piece.repeat(times);
  run.said(text);
  yield { type: 'message_received', data: { messageId, role: 'assistant', text } };
}

function* reasonEvents(text: string, chunks: number, run: ScriptedRun): Generator<ProviderEvent, void, void> {
  const messageId = run.newId('message');
  if (chunks > 0) {
    for (const piece of cutText(text, chunks))
      yield { type: 'reasoning_streamed', data: { messageId, text: piece } };
  }
  yield { type: 'reasoning_received', data: { messageId, text } };
}

async function* waitEvents(
  step: Extract<ScriptStep, { wait: unknown } | { hang: unknown } | { awaitSteering: unknown }>,
  run: ScriptedRun,
): AsyncGenerator<ProviderEvent, void, void> {
  if ('wait' in step) {
    const never = new AbortController().signal;
    await pause(step.wait, step.ignoreAbort === true ? never : run.stop, run.clock);
  } else if ('hang' in step) {
    await whenAborted(run.stop);
  } else {
    const text = await run.requests.nextSteering(run.stop);
    if (text === undefined) return;
    yield* sayEvents(`Heard: ${text}`, 1, run);
  }
}
