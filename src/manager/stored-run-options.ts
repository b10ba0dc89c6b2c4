import { resolve } from 'node:path';
import { expiryDefaults } from '../domain/approval.ts';
import { capabilityNames, type CapabilityName } from '../domain/capability.ts';
import { AsmError } from '../domain/error.ts';
import { isJsonObject, toJson, type JsonObject, type JsonValue } from '../domain/json.ts';
import type { Run } from '../domain/run.ts';
import { permissionModes } from '../domain/tool.ts';
import { checkPolicies } from '../policy/policy-check.ts';
import type { Provider } from '../ports/provider.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { storedBudgets } from './budget-options.ts';
import { policiesOf } from './policy-options.ts';
import { storedRunLimits } from './run-clocks.ts';
import { continuations, type CommonRunOptions, type RunOptions } from './run-options.ts';
import { storableWatchOptions, storedWatchOptions } from './watch-options.ts';

/** Options that aren't stored: functions, secrets, and what a provider types for itself. */
const functionOptions = [
  'authorize',
  'rules',
  'mcpServers',
  'clientTools',
  'environment',
  'native',
  'systemPrompt',
] as const satisfies readonly (keyof RunOptions)[];

/** The options as they are stored with the run: what is plain data and no secret. */
export function storedOptions(options: RunOptions, provider: Provider, redactor: Redactor): JsonObject {
  const { model, maxTurns, permissionMode, continuation, trustProject, limits } = options;
  const { outputSchema, replay, requires, prefers, acceptObserved, retry, approvals } = options;
  const policies = policiesOf(options);
  const { budgets = [] } = options;
  const isNudgeSecret = redactor.json(toJson(options.watchdog)).count > 0;
  // Redacted they would be others, so that they have to be given again.
  const isSecret = policies.length > 0 && redactor.json(toJson(policies)).count > 0;
  const isBudgetSecret = budgets.length > 0 && redactor.json(toJson(budgets)).count > 0;
  const needs = [
    ...functionOptions.filter((name) => options[name] !== undefined),
    ...(isSecret ? ['policies'] : []),
    ...(isBudgetSecret ? ['budgets'] : []),
    ...(isNudgeSecret ? ['watchdog'] : []),
  ];
  // Absolute, since the process that executes the run may be in another folder.
  const cwd = options.cwd === undefined ? undefined : resolve(options.cwd);
  const json = toJson({
    model,
    maxTurns,
    permissionMode,
    continuation,
    trustProject,
    limits,
    outputSchema,
    replay,
    requires,
    prefers,
    acceptObserved,
    retry,
    approvals: storableApprovals(approvals),
    cwd,
    needs,
    ...storableWatchOptions(isNudgeSecret ? { ...options, watchdog: undefined } : options),
    ...(policies.length === 0 || isSecret ? {} : { policies }),
    ...(budgets.length === 0 || isBudgetSecret ? {} : { budgets }),
    ...(provider.router === undefined ? {} : { router: provider.name }),
  });
  return isJsonObject(json) ? json : {};
}

/**
 * The options that a stored run was made with, as far as they are plain data. Throws
 * `invalid_operation` if others were given then and `again` lacks them: a run must not lose its rules
 * on the way to another process.
 */
export function storedRunOptions(run: Run, again: CommonRunOptions): CommonRunOptions {
  const needs: readonly JsonValue[] = Array.isArray(run.options['needs']) ? run.options['needs'] : [];
  const missing = needs.flatMap((name) =>
    typeof name === 'string' && !Object.hasOwn(again, name) ? [name] : [],
  );
  if (missing.length > 0) {
    throw new AsmError(
      'invalid_operation',
      `Run ${run.id} was made with options that are not stored; give them again to execute it here: ${missing.join(', ')}.`,
      { details: { runId: run.id, missing } },
    );
  }
  const { model, maxTurns, permissionMode, continuation, trustProject, limits, cwd } = run.options;
  const mode = permissionModes.find((known) => known === permissionMode);
  const continued = continuations.find((known) => known === continuation);
  return {
    ...(typeof model === 'string' ? { model } : {}),
    ...(typeof maxTurns === 'number' ? { maxTurns } : {}),
    ...(mode === undefined ? {} : { permissionMode: mode }),
    ...(continued === undefined ? {} : { continuation: continued }),
    ...(trustProject === true ? { trustProject } : {}),
    ...(limits === undefined ? {} : { limits: storedRunLimits(limits) }),
    ...(typeof cwd === 'string' ? { cwd } : {}),
    ...storedApprovals(run.options['approvals']),
    ...(run.options['policies'] === undefined ? {} : { policies: checkPolicies(run.options['policies']) }),
    ...storedBudgets(run.options['budgets']),
    ...storedWatchOptions(run.options),
    ...storedDemands(run.options),
  };
}

/** JSON has no Infinity. */
function storableApprovals(approvals: CommonRunOptions['approvals']): JsonValue | undefined {
  if (approvals === undefined || approvals === false) return approvals;
  const { parkAfter, ...rest } = approvals;
  if (parkAfter === undefined) return rest;
  return { ...rest, parkAfter: Number.isFinite(parkAfter) ? parkAfter : 'never' };
}

function storedApprovals(stored: JsonValue | undefined): CommonRunOptions {
  if (stored === false) return { approvals: false };
  if (!isJsonObject(stored)) return {};
  const { deadline, onExpiry, parkAfter } = stored;
  const byDefault = expiryDefaults.find((known) => known === onExpiry);
  return {
    approvals: {
      ...(typeof deadline === 'number' ? { deadline } : {}),
      ...(byDefault === undefined ? {} : { onExpiry: byDefault }),
      ...(typeof parkAfter === 'number' ? { parkAfter } : {}),
      ...(parkAfter === 'never' ? { parkAfter: Number.POSITIVE_INFINITY } : {}),
    },
  };
}

/** The options that say what is wanted of the provider, as they were stored. */
function storedDemands(stored: JsonObject): CommonRunOptions {
  const { outputSchema, replay, requires, prefers, acceptObserved, retry } = stored;
  const names = (value: JsonValue | undefined): readonly CapabilityName[] =>
    capabilityNames.filter((name) => Array.isArray(value) && value.includes(name));
  return {
    ...(isJsonObject(outputSchema) ? { outputSchema } : {}),
    ...(isJsonObject(replay) ? { replay: storedNumbers(replay) } : {}),
    ...(requires === undefined ? {} : { requires: names(requires) }),
    ...(prefers === undefined ? {} : { prefers: names(prefers) }),
    ...(acceptObserved === true ? { acceptObserved } : {}),
    ...(isJsonObject(retry)
      ? { retry: { ...storedNumbers(retry), afterSideEffects: retry['afterSideEffects'] === true } }
      : {}),
  };
}

function storedNumbers(stored: JsonObject): { readonly [name: string]: number } {
  return Object.fromEntries(
    Object.entries(stored).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}
