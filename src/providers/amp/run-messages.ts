import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent, RunRequest } from '../../ports/provider.ts';
import type { AgentProcess } from '../../domain/run.ts';
import type { LineTaker } from './message-stream.ts';
import { listField, textField } from '../../domain/json-field.ts';
import { normalize } from './normalize.ts';
import { endCalls } from './normalize-tool-result.ts';
import type { NormalizerState } from './normalizer-state.ts';
import type { PermissionDelegate } from './permission-delegate.ts';
import type { RunControl } from './run-control.ts';
import { refusedTools } from './tool-call.ts';
import { unparsed } from './unparsed.ts';

export interface RunMessagesOptions {
  readonly request: RunRequest;
  readonly process: AgentProcess;
  readonly version: string | undefined;
  readonly state: NormalizerState;
  readonly control: RunControl;
  readonly delegate: PermissionDelegate;
}

/** Lines that are no messages which are told of a run; the others are counted. */
const maximumForeign = 256;

/** Takes Amp's lines in for one run. The first event is `agent_started`, whatever Amp writes before. */
export function createRunMessages(options: RunMessagesOptions): LineTaker {
  const { control, state, delegate } = options;
  const early: ProviderEvent[] = [];
  let foreign = 0;
  let hasStarted = false;
  const start = (message: JsonObject): readonly ProviderEvent[] => {
    if (hasStarted) return [];
    hasStarted = true;
    return [startedEvent(message, options), ...early.splice(0)];
  };
  return {
    message(message) {
      control.see(message);
      const events = [...start(message), ...normalize(message, state)];
      delegate.messageSeen();
      return events;
    },
    foreign(line) {
      control.seeForeign(line);
      if (++foreign > maximumForeign) return [];
      if (hasStarted) return [unparsed(line)];
      early.push(unparsed(line));
      return [];
    },
    end: () => [
      // One that was interrupted before its first word has run, too.
      ...(early.length > 0 || state.interrupted ? start({}) : []),
      ...endCalls(state, () => true, 'stopped'),
      ...droppedLines(foreign - maximumForeign),
    ],
  };
}

function droppedLines(count: number): readonly ProviderEvent[] {
  if (count <= 0) return [];
  const message = `Amp wrote ${count} more lines that are no messages. They are left out.`;
  return [{ type: 'warning_raised', data: { code: 'output_dropped', message } }];
}

function startedEvent(message: JsonObject, options: RunMessagesOptions): ProviderEvent {
  const { request, process, version, state } = options;
  const asked = request.resume?.handle.id;
  const thread = textField(message, 'session_id') ?? (state.interrupted ? asked : undefined);
  const refused = refusedTools(request.toolPolicy);
  const tools = listField(message, 'tools').filter((tool) => typeof tool === 'string');
  const mcpServers = listField(message, 'mcp_servers').flatMap((server) => {
    const name = textField(server, 'name');
    return name === undefined ? [] : [{ name, status: textField(server, 'status') ?? 'unknown' }];
  });
  return {
    type: 'agent_started',
    data: {
      ...(version === undefined ? {} : { version }),
      ...(thread === undefined ? {} : { handle: thread }),
      // A thread that isn't the one asked for is a new one.
      continuity: asked !== undefined && thread === asked ? 'native' : 'fresh',
      process,
      projectTrusted: request.trustProject,
      ...(refused === undefined ? {} : { refusedTools: refused }),
      tools,
      mcpServers,
    },
  };
}
