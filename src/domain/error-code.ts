export const errorCategories = [
  'validation',
  'state',
  'resource',
  'provider',
  'storage',
  'tool',
  'runtime',
] as const;
export type ErrorCategory = (typeof errorCategories)[number];

/** What to do about an error. */
export const recoveries = ['retry', 'wait_and_retry', 'failover', 'fix_input', 'sign_in', 'abort'] as const;
export type Recovery = (typeof recoveries)[number];

export interface ErrorCodeDescription {
  readonly category: ErrorCategory;
  readonly retryable: boolean;
  readonly recovery: Recovery;
  /** When it occurs, for the reference in the docs. */
  readonly meaning: string;
}

function code(category: ErrorCategory, recovery: Recovery, meaning: string): ErrorCodeDescription {
  const retryable = recovery === 'retry' || recovery === 'wait_and_retry' || recovery === 'failover';
  return { category, recovery, retryable, meaning };
}

/** The closed list of codes. The docs, the types and the tests are made from it. */
export const errorCodes = {
  invalid_input: code('validation', 'fix_input', 'An argument is missing, malformed or out of range.'),
  unknown_option: code('validation', 'fix_input', 'An option has a name that nothing reads.'),
  invalid_cursor: code('validation', 'fix_input', 'A cursor is not a number from 0, or not one of ours.'),
  invalid_transition: code(
    'state',
    'fix_input',
    'The session or run is in a state that does not allow this.',
  ),
  invalid_operation: code(
    'state',
    'fix_input',
    'The operation makes no sense here, such as steering a run that has ended.',
  ),
  conflict: code(
    'state',
    'retry',
    'The row was changed by someone else since the version that was expected.',
  ),
  idempotency_key_reused: code(
    'state',
    'fix_input',
    'The key was used before for a change with other content.',
  ),
  max_queued_runs_exceeded: code(
    'state',
    'wait_and_retry',
    'The queue of the session is full; `details` has the limit.',
  ),
  max_runs_exceeded: code(
    'state',
    'wait_and_retry',
    'No run could start within the deadline, since as many as allowed were running.',
  ),
  max_sessions_exceeded: code(
    'state',
    'wait_and_retry',
    'No session could be served within the deadline, since as many as allowed were.',
  ),
  approval_expired: code(
    'state',
    'fix_input',
    'The question was to be answered before, or its deadline has passed.',
  ),
  budget_exceeded: code(
    'state',
    'abort',
    'A budget is used up; `details` says which one, how much was spent and what the limit is.',
  ),
  lease_lost: code('state', 'abort', 'Another process has taken the run over.'),
  run_already_executing: code('state', 'abort', 'Another executor holds the lease of the run.'),
  store_not_found: code(
    'resource',
    'fix_input',
    'There is no store at the place that the command was given.',
  ),
  session_not_found: code('resource', 'fix_input', 'No session has this id.'),
  run_not_found: code('resource', 'fix_input', 'No run has this id.'),
  approval_not_found: code('resource', 'fix_input', 'No approval has this id.'),
  provider_not_found: code('resource', 'fix_input', 'No provider of this name was given to the manager.'),
  already_exists: code('resource', 'fix_input', 'A row with this id is there already.'),
  capability_not_supported: code('provider', 'fix_input', 'The provider cannot do what the run asks for.'),
  missing_required_capability: code(
    'provider',
    'fix_input',
    'The provider lacks capabilities that the run requires; `details.missing` names all.',
  ),
  no_provider_available: code(
    'provider',
    'wait_and_retry',
    'No candidate of a router may be asked now; `retryAt` says when one may, if known.',
  ),
  dependency_not_available: code(
    'provider',
    'fix_input',
    'A package that this feature needs is not installed.',
  ),
  agent_not_installed: code('provider', 'fix_input', 'The agent program was not found or cannot be started.'),
  authentication_failed: code(
    'provider',
    'sign_in',
    'The provider refused the credentials, or there are none.',
  ),
  permission_denied: code('provider', 'abort', 'The provider knows the caller but does not allow this.'),
  rate_limited: code(
    'provider',
    'wait_and_retry',
    'Too many requests; `retryAt` says when to go on, if known.',
  ),
  quota_exceeded: code('provider', 'failover', 'The plan or budget at the provider is used up.'),
  provider_overloaded: code('provider', 'wait_and_retry', 'The model service is overloaded.'),
  provider_unavailable: code('provider', 'failover', 'The model service failed or could not be reached.'),
  model_not_found: code(
    'provider',
    'fix_input',
    'The provider does not have this model, or not for this account.',
  ),
  model_unpriced: code(
    'provider',
    'fix_input',
    'A budget in dollars cannot be held, since there is no price for the model; give one in `prices`.',
  ),
  context_window_exceeded: code(
    'provider',
    'fix_input',
    'The conversation is longer than the model can take.',
  ),
  content_refused: code('provider', 'abort', 'The model or its service refused the content.'),
  invalid_request: code('provider', 'fix_input', 'The model service says that the request is malformed.'),
  max_turns_reached: code('provider', 'abort', 'The agent used all the model turns that it was allowed.'),
  agent_crashed: code('provider', 'retry', 'The agent process ended before its turn did.'),
  agent_protocol_error: code(
    'provider',
    'failover',
    'The agent wrote something that breaks its own protocol.',
  ),
  agent_failed: code('provider', 'abort', 'The agent ended its turn with an error that has no better code.'),
  resume_failed: code('provider', 'fix_input', 'The provider could not continue the earlier conversation.'),
  idle_timeout: code('provider', 'retry', 'Nothing came from the agent for the allowed time.'),
  run_stalled: code('provider', 'retry', 'The run made no progress, and its watchdog ended it.'),
  loop_detected: code('provider', 'abort', 'The agent repeated itself, and the run was ended for it.'),
  storage_unavailable: code('storage', 'wait_and_retry', 'The store could not be read or written.'),
  storage_busy: code('storage', 'wait_and_retry', 'Other writers kept the store locked until the deadline.'),
  storage_full: code('storage', 'wait_and_retry', 'There is no space left where the store lives.'),
  storage_invalid: code('storage', 'fix_input', 'What was opened is not a store of ours, or it is damaged.'),
  storage_read_only: code('storage', 'fix_input', 'The store exists but may not be written.'),
  storage_newer_schema: code(
    'storage',
    'fix_input',
    'The store was made by a newer version of this library.',
  ),
  store_closed: code('storage', 'fix_input', 'The store or manager was used after it was closed.'),
  command_failed: code(
    'tool',
    'fix_input',
    'A command ended with an exit code that is not listed as success.',
  ),
  command_not_found: code('tool', 'fix_input', 'The program of a command does not exist.'),
  command_denied: code('tool', 'fix_input', 'A rule forbids the command.'),
  policy_violation: code(
    'runtime',
    'abort',
    'A policy of the run was violated, or is one under which no run can work; `details` says by what.',
  ),
  timed_out: code('runtime', 'retry', 'The operation took longer than its deadline.'),
  cancelled: code('runtime', 'abort', 'A caller cancelled the operation.'),
  run_abandoned: code('runtime', 'retry', 'The process that executed the run is gone.'),
  internal_error: code('runtime', 'abort', 'A fault of this library or of a callback that it was given.'),
} as const satisfies Record<string, ErrorCodeDescription>;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text);
}
