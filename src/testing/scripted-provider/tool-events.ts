import { asAsmError } from '../../domain/error.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { ToolCall } from '../../domain/tool.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import type { ScriptedResult, ScriptedToolStep } from './script-step.ts';
import type { ScriptedRun } from './scripted-run.ts';

/** A tool call from its start to its result: asked about, refused or done. */
export async function* toolEvents(
  step: ScriptedToolStep,
  run: ScriptedRun,
): AsyncGenerator<ProviderEvent, void, void> {
  const call: ToolCall = { ...step.tool, id: step.tool.id ?? run.newId('tool') };
  const { id: toolCallId, name, tool, kind, remarks, lineage } = call;
  const failed = (reason: 'error' | 'denied' | 'interrupted', output: JsonValue): ProviderEvent => ({
    type: 'tool_call_failed',
    data: { toolCallId, name, tool, output, reason },
  });
  yield {
    type: 'tool_call_started',
    data: {
      ...{ toolCallId, name, tool, kind, input: call.input },
      ...(remarks === undefined ? {} : { remarks }),
      ...(lineage === undefined ? {} : { lineage }),
    },
  };

  let input = call.input;
  if (step.unasked !== true) {
    let answer;
    try {
      answer = await run.host.authorize(call, { signal: run.stop });
    } catch (thrown) {
      if (!run.stop.aborted) throw thrown;
      return yield failed('interrupted', 'The question was withdrawn.');
    }
    if (answer.decision === 'deny') {
      run.conversation.texts.push(answer.reason);
      return yield failed('denied', answer.reason);
    }
    input = answer.changedInput ?? input;
  }
  for (const piece of step.output ?? [])
    yield { type: 'tool_output_streamed', data: { toolCallId, ...piece } };

  let result: ScriptedResult;
  try {
    result = await perform(step, input, run.stop);
  } catch (thrown) {
    return yield failed(run.stop.aborted ? 'interrupted' : 'error', asAsmError(thrown).message);
  }
  const { output, exitCode } = result;
  run.conversation.texts.push(typeof output === 'string' ? output : JSON.stringify(output));
  const data = { toolCallId, name, tool, output, ...(exitCode === undefined ? {} : { exitCode }) };
  if (result.failed === true) yield { type: 'tool_call_failed', data: { ...data, reason: 'error' } };
  else yield { type: 'tool_call_completed', data };
}

async function perform(
  step: ScriptedToolStep,
  input: JsonObject,
  signal: AbortSignal,
): Promise<ScriptedResult> {
  if (typeof step.result === 'function') return step.result(input, { signal });
  return step.result ?? { output: '' };
}
