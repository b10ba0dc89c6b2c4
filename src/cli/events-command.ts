import { oneOf } from '../domain/choice.ts';
import { AsmError } from '../domain/error.ts';
import { eventTypes, type EventType, type LogEvent } from '../domain/event.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { SessionHandle } from '../manager/session-handle.ts';
import { jsonLine } from '../rendering/json-lines.ts';
import { renderTo } from '../rendering/render-to.ts';
import { terminalSink } from '../rendering/terminal-sink.ts';
import { eventRenderer } from './event-renderer.ts';
import type { RenderingName } from './rendering-name.ts';
import { kindOfId } from './identifier.ts';
import { openReader } from './open-reader.ts';
import { jsonLineOf, write } from './output.ts';
import { keepRecovering, recoverRuns } from './recovery.ts';
import type { SharedOptions } from './shared-options.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface EventsOptions extends SharedOptions {
  readonly follow?: boolean;
  readonly after?: number;
  readonly type?: readonly string[];
  readonly limit?: number;
  readonly render?: Exclude<RenderingName, 'none'>;
  readonly times?: boolean;
}

/** `asm events` */
export async function eventsCommand(id: string, options: EventsOptions): Promise<void> {
  const types = options.type?.map((name) => oneOf('--type', name, eventTypes));
  const kind = kindOfId(id);
  if (options.times === true && (options.render ?? 'verbose') !== 'verbose')
    throw new AsmError(
      'invalid_input',
      '--times goes with --render verbose, which has a line for each event.',
    );
  using interrupt = untilInterrupted();
  const { signal } = interrupt;
  await using manager = await openReader(options);
  await recoverRuns(manager, options);
  using _recovering = options.follow === true ? keepRecovering(manager, options) : undefined;
  const run = kind === 'run' ? await manager.getRun(id) : undefined;
  const session = await manager.getSession(run?.sessionId ?? id);
  const events = limited(
    options.follow === true
      ? followed(session, run, options, types, signal)
      : stored(session, run, options, types),
    options.limit ?? Number.POSITIVE_INFINITY,
  );
  await print(interrupt.quietly(events), options, signal);
}

async function print(
  events: AsyncIterable<LogEvent>,
  options: EventsOptions,
  signal: AbortSignal,
): Promise<void> {
  if (options.json === true) {
    for await (const event of events) await write(jsonLineOf(jsonLine(event)));
    return;
  }
  const renderer = await eventRenderer(options.render ?? 'verbose', { times: options.times === true });
  await renderTo({
    events,
    renderer,
    sinks: [terminalSink()],
    stallTimeout: Number.POSITIVE_INFINITY,
    signal,
  });
}

async function* stored(
  session: SessionHandle,
  run: RunHandle | undefined,
  options: EventsOptions,
  types: readonly EventType[] | undefined,
): AsyncGenerator<LogEvent, void, void> {
  let after = options.after ?? 0;
  for (;;) {
    const page = await session.events({
      after,
      limit: 500,
      ...(types === undefined ? {} : { types }),
      ...(run === undefined ? {} : { runId: run.id }),
    });
    yield* page.events;
    if (!page.hasMore) return;
    after = page.scannedTo;
  }
}

function followed(
  session: SessionHandle,
  run: RunHandle | undefined,
  options: EventsOptions,
  types: readonly EventType[] | undefined,
  signal: AbortSignal,
): AsyncIterable<LogEvent> {
  const query = { after: options.after ?? 0, signal, ...(types === undefined ? {} : { types }) };
  return run === undefined ? session.follow(query) : run.events(query);
}

async function* limited(
  events: AsyncIterable<LogEvent>,
  limit: number,
): AsyncGenerator<LogEvent, void, void> {
  let count = 0;
  for await (const event of events) {
    yield event;
    if (++count >= limit) return;
  }
}
