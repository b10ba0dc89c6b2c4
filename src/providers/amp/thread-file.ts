import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '../../domain/json.ts';
import { dataFolder } from './environment.ts';
import { fieldOf, listField, textField } from '../../domain/json-field.ts';

/** How the last message of a thread ended, as Amp keeps it on disk. */
export interface ThreadEnd {
  /** True when the last message is an answer that is complete and calls nothing. */
  readonly isOver: boolean;
  /** Amp's text for why the answer failed. */
  readonly error?: string;
}

/** Looks into Amp's file of the thread, for what its output doesn't tell. `undefined` where it can't be read. */
export async function readThreadEnd(
  environment: Readonly<Record<string, string>>,
  thread: string,
): Promise<ThreadEnd | undefined> {
  try {
    const file = join(dataFolder(environment), 'threads', `${thread}.json`);
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    const last = listField(isJsonObject(value) ? value : {}, 'messages').at(-1);
    const state = fieldOf(last, 'state');
    const error = textField(fieldOf(state, 'error'), 'message');
    return {
      isOver: textField(state, 'type') === 'complete' && textField(state, 'stopReason') === 'end_turn',
      ...(error === undefined ? {} : { error }),
    };
  } catch {
    return undefined;
  }
}
