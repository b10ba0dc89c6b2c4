import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { describeEnvironment } from './environment.ts';
import { itemShapes } from './item-shape.ts';
import { listField, objectField, textField } from './native-fields.ts';
import { silentNotifications } from './normalize.ts';
import { requireCodex } from './program.ts';
import { textsIn } from '../../testing/message-drift.ts';

/** What the installed program says of its own protocol. */
const schemas = new Map<string, JsonObject>();
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asm-codex-schema-'));
  const environment: Record<string, string> = { ...describeEnvironment(), HOME: folder };
  const program = await requireCodex('codex', {
    executable: undefined,
    path: environment['PATH'] ?? '',
    cwd: folder,
  });
  await promisify(execFile)(
    program,
    ['app-server', 'generate-json-schema', '--experimental', '--out', folder],
    {
      env: environment,
    },
  );
  for (const name of ['ClientRequest', 'ServerRequest', 'ServerNotification']) {
    const schema: unknown = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
    if (isJsonObject(schema)) schemas.set(name, schema);
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function definition(schema: string, name: string): JsonObject {
  return objectField(objectField(schemas.get(schema), 'definitions'), name);
}

function variants(schema: JsonValue | undefined): readonly JsonValue[] {
  return [...listField(schema, 'oneOf'), ...listField(schema, 'anyOf')];
}

function methods(schema: string): readonly string[] {
  return variants(schemas.get(schema)).flatMap((variant) =>
    listField(objectField(objectField(variant, 'properties'), 'method'), 'enum').filter(
      (name) => typeof name === 'string',
    ),
  );
}

/** The schema of what goes with a method. */
function paramsOf(schema: string, method: string): JsonObject {
  const variant = variants(schemas.get(schema)).find((one) =>
    listField(objectField(objectField(one, 'properties'), 'method'), 'enum').includes(method),
  );
  const reference = textField(objectField(objectField(variant, 'properties'), 'params'), '$ref') ?? '';
  return definition(schema, reference.split('/').at(-1) ?? '');
}

const asked = {
  initialize: ['clientInfo', 'capabilities'],
  'thread/start': [
    'cwd',
    'model',
    'approvalPolicy',
    'approvalsReviewer',
    'sandbox',
    'config',
    'developerInstructions',
    'dynamicTools',
  ],
  'thread/resume': [
    'threadId',
    'excludeTurns',
    'cwd',
    'model',
    'approvalPolicy',
    'sandbox',
    'config',
    'developerInstructions',
  ],
  'thread/fork': [
    'threadId',
    'excludeTurns',
    'cwd',
    'model',
    'approvalPolicy',
    'sandbox',
    'config',
    'developerInstructions',
  ],
  'turn/start': ['threadId', 'input', 'outputSchema', 'effort', 'summary'],
  'turn/steer': ['threadId', 'expectedTurnId', 'input'],
  'turn/interrupt': ['threadId', 'turnId'],
  'thread/unsubscribe': ['threadId'],
  'thread/backgroundTerminals/clean': ['threadId'],
} as const;

const answered = {
  'item/commandExecution/requestApproval': ['itemId', 'turnId', 'threadId', 'command', 'kind'],
  'item/fileChange/requestApproval': ['itemId', 'turnId', 'threadId', 'grantRoot'],
  'item/permissions/requestApproval': ['threadId'],
  'item/tool/call': ['callId', 'tool', 'arguments', 'threadId'],
  'mcpServer/elicitation/request': ['serverName', 'threadId'],
} as const;

const heard = {
  'turn/started': ['threadId', 'turn'],
  'turn/completed': ['threadId', 'turn'],
  'turn/plan/updated': ['plan'],
  'thread/tokenUsage/updated': ['threadId', 'turnId', 'tokenUsage'],
  error: ['error', 'willRetry', 'threadId'],
  'item/started': ['item', 'threadId'],
  'item/completed': ['item', 'threadId'],
  'item/agentMessage/delta': ['itemId', 'delta', 'threadId'],
  'item/plan/delta': ['itemId', 'delta'],
  'item/reasoning/summaryPartAdded': ['itemId', 'summaryIndex'],
  'item/reasoning/summaryTextDelta': ['itemId', 'delta'],
  'item/reasoning/textDelta': ['itemId', 'delta'],
  'item/commandExecution/outputDelta': ['itemId', 'delta'],
  warning: ['message'],
  guardianWarning: ['message'],
  configWarning: ['summary', 'details'],
  deprecationNotice: ['summary', 'details'],
  'model/rerouted': ['fromModel', 'toModel'],
  'mcpServer/startupStatus/updated': ['name', 'status', 'error'],
  'account/rateLimits/updated': ['rateLimits'],
} as const;

const directions: readonly [string, { readonly [method: string]: readonly string[] }][] = [
  ['ClientRequest', asked],
  ['ServerRequest', answered],
  ['ServerNotification', heard],
];

describe.each(directions)('%s', (schema, used) => {
  test.each(Object.entries(used))('%s has the fields that are used', (method, fields) => {
    const params = paramsOf(schema, method);
    const known = Object.keys(objectField(params, 'properties'));
    expect(known).toEqual(expect.arrayContaining([...fields]));
  });
});

test('the notifications that are passed over exist', () => {
  expect(methods('ServerNotification')).toEqual(expect.arrayContaining([...silentNotifications]));
});

describe('items', () => {
  const typeOf = (item: JsonValue): JsonValue | undefined =>
    listField(objectField(objectField(item, 'properties'), 'type'), 'enum')[0];
  test.each(Object.entries(itemShapes))('%s has the fields that are read', (type, shape) => {
    const items = variants(definition('ServerNotification', 'ThreadItem'));
    const item = items.find((one) => typeOf(one) === type);
    expect(Object.keys(objectField(item, 'properties'))).toEqual(expect.arrayContaining(Object.keys(shape)));
  });
});

test('policies, sandboxes and decisions have the names that are used', () => {
  const names = (name: string): readonly string[] => textsIn(definition('ClientRequest', name));
  expect(names('AskForApproval')).toContain('untrusted');
  expect(names('ApprovalsReviewer')).toContain('user');
  expect(names('SandboxMode')).toEqual(
    expect.arrayContaining(['read-only', 'workspace-write', 'danger-full-access']),
  );
  expect(textsIn(definition('ServerNotification', 'TurnStatus'))).toEqual(
    expect.arrayContaining(['completed', 'interrupted', 'failed']),
  );
});

test('the words for failures are those that errors are made of', () => {
  const words = new Set(textsIn(definition('ServerNotification', 'CodexErrorInfo')));
  for (const word of [
    'contextWindowExceeded',
    'usageLimitExceeded',
    'rateLimitExceeded',
    'serverOverloaded',
    'unauthorized',
    'badRequest',
    'internalServerError',
    'cyberPolicy',
    'httpConnectionFailed',
    'responseStreamConnectionFailed',
    'responseStreamDisconnected',
    'responseTooManyFailedAttempts',
  ]) {
    expect(words).toContain(word);
  }
});
