import type { Readable } from 'node:stream';
import { createEventChannel, type EventChannel } from '../../ports/event-channel.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { createOutputTail, type OutputTail } from '../../process/output-tail.ts';
import type { ProcessExit, ProcessGroup } from '../../process/process-group.ts';
import {
  createOutputNormalizer,
  outputEvent,
  type OutputNormalizer,
  type OutputStream,
} from './normalize.ts';
import type { CommandLimits } from './options.ts';

/** The part of a process group that running a command needs. */
export interface RunningCommand extends Pick<ProcessGroup, 'exit' | 'end'> {
  readonly child: { readonly stdout: Readable; readonly stderr: Readable };
}

/** How a command ended, and what it wrote. */
export interface CommandEnd {
  readonly by: 'itself' | 'timeout' | 'interrupt' | 'cancel';
  readonly exit: ProcessExit;
  /** Milliseconds from the start to the exit. */
  readonly duration: number;
  readonly stdout: OutputNormalizer;
  readonly stderr: OutputNormalizer;
  /** The last 16 KiB of standard error. */
  readonly stderrTail: string;
}

export interface CommandExecution {
  /** The output as it comes. Nobody reads from the command faster than this is read. */
  readonly events: AsyncIterable<ProviderEvent>;
  /** Resolves when the command, its group and both outputs have ended, and the events are at their end. */
  readonly end: Promise<CommandEnd>;
}

const stderrTailSize = 16 * 1024;
/** Milliseconds without output after which an output is closed that someone beyond our reach holds open. */
const orphanedOutputDelay = 1_000;

/** The two ways in which somebody stops a command. */
export interface StopSignals {
  readonly cancel: AbortSignal;
  readonly interrupt: AbortSignal;
}

/** Follows a started command to its end, which a time limit or one of the signals can bring about. */
export function followCommand(
  group: RunningCommand,
  toolCallId: string,
  limits: CommandLimits,
  signals: StopSignals,
): CommandExecution {
  const channel = createEventChannel<ProviderEvent>(16);
  const start = performance.now();
  const tail = createOutputTail(stderrTailSize);
  const stdout = createOutputNormalizer(limits.maximumOutput);
  const stderr = createOutputNormalizer(limits.maximumOutput);
  const pump = (stream: OutputStream, normalizer: OutputNormalizer, bytes?: OutputTail): OutputPump =>
    pumpOutput(
      group.child[stream],
      channel,
      normalizer,
      (text) => outputEvent(toolCallId, stream, text),
      bytes,
    );
  const pumps = [pump('stdout', stdout), pump('stderr', stderr, tail)];

  const finish = async (): Promise<CommandEnd> => {
    const by = await firstEnd(group, limits, signals);
    let duration = performance.now() - start;
    if (by !== 'itself') {
      await group.end({ grace: limits.grace });
      duration = performance.now() - start;
    }
    const exit = await group.exit;
    // What the program left behind ends with it, and so lets go of the outputs.
    await group.end({ grace: limits.grace });
    await Promise.all(pumps.map((one) => one.finished()));
    channel.end();
    return { by, exit, duration: Math.round(duration), stdout, stderr, stderrTail: tail.text() };
  };
  const end = finish();
  end.catch((error: unknown) => channel.fail(error instanceof Error ? error : new Error(String(error))));
  return { events: channel, end };
}

/** Waits for the first thing that ends the command, and leaves no timer or listener behind. */
async function firstEnd(
  group: RunningCommand,
  limits: CommandLimits,
  signals: StopSignals,
): Promise<CommandEnd['by']> {
  const cleanups: (() => void)[] = [];
  try {
    return await new Promise<CommandEnd['by']>((resolve) => {
      void group.exit.then(() => resolve('itself'));
      for (const by of ['cancel', 'interrupt'] as const) {
        const stop = (): void => resolve(by);
        signals[by].addEventListener('abort', stop, { once: true });
        cleanups.push(() => signals[by].removeEventListener('abort', stop));
        if (signals[by].aborted) stop();
      }
      if (limits.timeout !== undefined) {
        // Node's timers fire at once for more than this.
        const timer = setTimeout(() => resolve('timeout'), Math.min(limits.timeout, 2 ** 31 - 1));
        cleanups.push(() => clearTimeout(timer));
      }
    });
  } finally {
    for (const cleanup of cleanups) cleanup();
  }
}

interface OutputPump {
  /** Resolves when the output is at its end; closes it when nothing comes any more. Call after the group's end. */
  finished(): Promise<void>;
}

function pumpOutput(
  stream: Readable,
  channel: EventChannel<ProviderEvent>,
  normalizer: OutputNormalizer,
  event: (text: string) => ProviderEvent,
  bytes: OutputTail | undefined,
): OutputPump {
  let pushing = false;
  let latest = performance.now();
  const push = async (text: string): Promise<void> => {
    if (text === '') return;
    pushing = true;
    await channel.push(event(text));
    pushing = false;
    latest = performance.now();
  };
  const read = async (): Promise<void> => {
    try {
      for await (const chunk of stream) {
        if (!(chunk instanceof Uint8Array)) continue;
        latest = performance.now();
        bytes?.add(chunk);
        await push(normalizer.add(chunk));
      }
    } catch {
      // A closed output is an ended one.
    }
    await push(normalizer.end());
  };
  const done = read();
  return {
    async finished() {
      const watch = setInterval(() => {
        if (!pushing && performance.now() - latest > orphanedOutputDelay) stream.destroy();
      }, 100);
      latest = performance.now();
      await done;
      clearInterval(watch);
    },
  };
}
