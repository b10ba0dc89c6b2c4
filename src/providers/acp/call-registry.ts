import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { fieldAt, fieldOf, listField, textField } from '../../domain/json-field.ts';
import type { AcpPreset } from './preset.ts';

/** A file as it was and as it is to be, as agents show their edits. */
export interface CallDiff {
  readonly path: string;
  /** `undefined`: there was no such file. */
  readonly before: string | undefined;
  readonly after: string;
}

/** What is known of a tool call: agents tell it bit by bit, and only what changed. */
export interface OpenCall {
  readonly id: string;
  readonly name: string | undefined;
  readonly title: string;
  /** The agent's word for what the tool does. */
  readonly nativeKind: string;
  readonly status: string;
  readonly input: JsonValue;
  readonly places: readonly { readonly path: string; readonly line: number | undefined }[];
  readonly content: readonly JsonValue[];
  readonly diffs: readonly CallDiff[];
  readonly output: JsonValue | undefined;
  readonly parent: string | undefined;
  /** True once its start was told. */
  readonly started: boolean;
}

const nothing: Omit<OpenCall, 'id'> = {
  name: undefined,
  title: '',
  nativeKind: 'other',
  status: 'pending',
  input: {},
  places: [],
  content: [],
  diffs: [],
  output: undefined,
  parent: undefined,
  started: false,
};

/** Keeps the tool calls of a run that have not ended. */
export class CallRegistry {
  readonly #open = new Map<string, OpenCall>();
  readonly #ended = new Set<string>();
  readonly #preset: AcpPreset | undefined;

  constructor(preset: AcpPreset | undefined) {
    this.#preset = preset;
  }

  get(id: string): OpenCall | undefined {
    return this.#open.get(id);
  }

  /** The calls whose end was not told. */
  get open(): readonly OpenCall[] {
    return [...this.#open.values()];
  }

  /** True for a call whose end was told: what is said of it afterwards is late. */
  hasEnded(id: string): boolean {
    return this.#ended.has(id);
  }

  /** Takes in what the agent says about a call; `undefined` for one without an id. */
  merge(said: JsonObject): OpenCall | undefined {
    const id = textField(said, 'toolCallId');
    if (id === undefined) return undefined;
    const call = { ...mergeCall(this.#open.get(id) ?? { id, ...nothing }, said, this.#preset) };
    if (!this.#ended.has(id)) this.#open.set(id, call);
    return call;
  }

  markStarted(call: OpenCall): void {
    if (this.#open.has(call.id)) this.#open.set(call.id, { ...call, started: true });
  }

  end(call: OpenCall): void {
    this.#open.delete(call.id);
    this.#ended.add(call.id);
  }
}

function mergeCall(before: OpenCall, said: JsonObject, preset: AcpPreset | undefined): OpenCall {
  const meta = fieldOf(said, '_meta');
  const named = textField(said, 'name') ?? textAt(meta, preset?.toolNameMeta);
  const content = fieldOf(said, 'content');
  const contents = isList(content) ? content : before.content;
  const diffs = isList(content) ? readDiffs(content) : [];
  const input = fieldOf(said, 'rawInput');
  return {
    ...before,
    name: named ?? before.name,
    title: textField(said, 'title') ?? before.title,
    nativeKind: textField(said, 'kind') ?? before.nativeKind,
    status: textField(said, 'status') ?? before.status,
    // Told as empty, it is only not known yet.
    input: isEmpty(input) ? before.input : (input ?? before.input),
    places: isList(fieldOf(said, 'locations')) ? readPlaces(said) : before.places,
    content: contents,
    // A diff stays known when text takes its place in what is shown.
    diffs: diffs.length === 0 ? before.diffs : diffs,
    output: fieldOf(said, 'rawOutput') ?? before.output,
    parent: textAt(meta, preset?.parentCallMeta) ?? before.parent,
  };
}

function textAt(meta: JsonValue | undefined, path: readonly string[] | undefined): string | undefined {
  const found = path === undefined ? undefined : fieldAt(meta, path);
  return typeof found === 'string' ? found : undefined;
}

function readDiffs(content: readonly JsonValue[]): readonly CallDiff[] {
  return content.flatMap((part) => {
    const [path, after] = [textField(part, 'path'), textField(part, 'newText')];
    if (textField(part, 'type') !== 'diff' || path === undefined || after === undefined) return [];
    return [{ path, after, before: textField(part, 'oldText') }];
  });
}

function readPlaces(said: JsonObject): OpenCall['places'] {
  return listField(said, 'locations').flatMap((place) => {
    const path = textField(place, 'path');
    const line = isJsonObject(place) ? place['line'] : undefined;
    return path === undefined ? [] : [{ path, line: typeof line === 'number' ? line : undefined }];
  });
}

function isEmpty(input: JsonValue | undefined): boolean {
  return input === undefined || input === null || (isJsonObject(input) && Object.keys(input).length === 0);
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
