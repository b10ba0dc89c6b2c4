import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/domain/json.ts';
import { fieldOf, listField, objectField, textField } from '../../src/domain/json-field.ts';
import { findCodex } from '../../src/providers/codex/program.ts';
import {
  clientMethods,
  itemFields,
  notifications,
  serverRequests,
  silentNotifications,
} from '../../src/providers/codex/protocol.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asm-codex-schema-'));
  const program = await findCodex({ executable: undefined, path: process.env['PATH'] ?? '', cwd: '/' });
  const words = ['app-server', 'generate-json-schema', '--experimental', '--out', folder];
  await promisify(execFile)(program ?? '', words, { env: { HOME: folder } });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function schema(name: string): Promise<JsonObject> {
  const value: unknown = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
  if (isJsonObject(value)) return value;
  throw new Error(`The schema ${name} is no object.`);
}

/** The variants of a union, by the only value that the field may have in each. */
function variants(union: JsonValue | undefined, field: string): ReadonlyMap<string, JsonObject> {
  return new Map(
    listField(union, 'oneOf').flatMap((variant) => {
      const [name] = listField(fieldOf(objectField(variant, 'properties'), field), 'enum');
      return typeof name === 'string' && isJsonObject(variant) ? [[name, variant] as const] : [];
    }),
  );
}

/** Names of the fields that the parameters of a method have. */
function parameters(variant: JsonObject | undefined, all: JsonObject): readonly string[] {
  const reference = textField(fieldOf(fieldOf(variant, 'properties'), 'params'), '$ref') ?? '';
  const definition = objectField(fieldOf(all, 'definitions'), reference.split('/').at(-1) ?? '');
  const parts = [definition, ...listField(definition, 'oneOf'), ...listField(definition, 'anyOf')];
  return parts.flatMap((part) => Object.keys(objectField(part, 'properties')));
}

describe('the schema that the program prints of itself', () => {
  it('has every method that we call, with the fields that we send', async () => {
    const all = await schema('ClientRequest');
    const methods = variants(all, 'method');
    for (const method of clientMethods) expect([...methods.keys()]).toContain(method);
    const settings = ['cwd', 'approvalPolicy', 'approvalsReviewer', 'sandbox', 'model', 'config'];
    for (const method of ['thread/start', 'thread/resume', 'thread/fork']) {
      const known = parameters(methods.get(method), all);
      for (const field of [...settings, 'developerInstructions']) expect(known).toContain(field);
    }
    expect(parameters(methods.get('thread/start'), all)).toContain('dynamicTools');
    expect(parameters(methods.get('thread/resume'), all)).toContain('excludeTurns');
    for (const field of ['threadId', 'input', 'outputSchema'])
      expect(parameters(methods.get('turn/start'), all)).toContain(field);
    for (const field of ['threadId', 'input', 'expectedTurnId'])
      expect(parameters(methods.get('turn/steer'), all)).toContain(field);
  });

  it('has every request that we answer, with the fields that we read', async () => {
    const all = await schema('ServerRequest');
    const methods = variants(all, 'method');
    const read: { readonly [method: string]: readonly string[] } = {
      [serverRequests.command]: ['itemId', 'command', 'cwd', 'reason'],
      [serverRequests.fileChange]: ['itemId'],
      [serverRequests.permissions]: ['itemId'],
      [serverRequests.elicitation]: ['serverName', '_meta', 'message'],
      [serverRequests.question]: ['itemId', 'questions'],
      [serverRequests.clientTool]: ['callId', 'tool', 'arguments'],
    };
    for (const [method, fields] of Object.entries(read))
      expect(parameters(methods.get(method), all), method).toEqual(expect.arrayContaining([...fields]));
  });

  it('has every notification that we know, with the fields that we read', async () => {
    const all = await schema('ServerNotification');
    const methods = variants(all, 'method');
    for (const method of [...Object.values(notifications), ...silentNotifications])
      expect([...methods.keys()]).toContain(method);
    const read: { readonly [method: string]: readonly string[] } = {
      [notifications.itemStarted]: ['item', 'threadId'],
      [notifications.itemCompleted]: ['item', 'threadId'],
      [notifications.messageDelta]: ['itemId', 'delta'],
      [notifications.summaryDelta]: ['itemId', 'delta', 'summaryIndex'],
      [notifications.reasoningDelta]: ['itemId', 'delta', 'contentIndex'],
      [notifications.commandOutput]: ['itemId', 'delta'],
      [notifications.planUpdated]: ['plan'],
      [notifications.turnCompleted]: ['turn', 'threadId'],
      [notifications.tokenUsage]: ['tokenUsage', 'turnId'],
      [notifications.rateLimits]: ['rateLimits'],
      [notifications.requestResolved]: ['requestId'],
      [notifications.error]: ['error', 'willRetry'],
      [notifications.hookCompleted]: ['run'],
      [notifications.mcpStatus]: ['name', 'status', 'error'],
    };
    for (const [method, fields] of Object.entries(read))
      expect(parameters(methods.get(method), all), method).toEqual(expect.arrayContaining([...fields]));
  });

  it('has every kind of item that we know, with the fields that we read', async () => {
    const all = await schema('ServerNotification');
    const kinds = variants(objectField(fieldOf(all, 'definitions'), 'ThreadItem'), 'type');
    for (const [type, fields] of Object.entries(itemFields)) {
      const variant = kinds.get(type);
      const references = listField(variant, 'allOf').map((part) => textField(part, '$ref') ?? '');
      const parts = [
        variant,
        ...references.map((name) => fieldOf(fieldOf(all, 'definitions'), name.split('/').at(-1) ?? '')),
      ];
      const known = parts.flatMap((part) => Object.keys(objectField(part, 'properties')));
      expect(known, type).toEqual(expect.arrayContaining(Object.keys(fields)));
    }
  });
});
