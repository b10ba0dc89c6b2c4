export type { ApprovalOptions } from './approvals/approval-options.ts';
export {
  approvalStatuses,
  expiryDefaults,
  type Approval,
  type ApprovalDecision,
  type ApprovalId,
  type ApprovalStatus,
  type ExpiryDefault,
  type GrantKey,
} from './domain/approval.ts';
export * from './domain/capability.ts';
export { clientToolName, type ClientToolDescription, type ClientToolResult } from './domain/client-tool.ts';
export type { Clock } from './domain/clock.ts';
export { costSources, type Cost } from './domain/cost.ts';
export {
  AsmError,
  isAsmError,
  type AsmErrorOptions,
  type ErrorRecord,
  type ProviderFailure,
} from './domain/error.ts';
export * from './domain/error-code.ts';
export * from './domain/event.ts';
export type {
  ApprovalEventData,
  EventData,
  EmptyData,
  RequestedRun,
  RunEndData,
  ToolResultData,
} from './domain/event-data.ts';
export {
  idPrefixes,
  parseId,
  type Id,
  type IdKind,
  type IdSource,
  type RunId,
  type SessionId,
} from './domain/id.ts';
export type { JsonObject, JsonValue } from './domain/json.ts';
export {
  loopActions,
  loopKinds,
  type LoopAction,
  type LoopCall,
  type LoopKind,
  type LoopReport,
} from './domain/loop-report.ts';
export type { InputMessage, MessageRole, RunInput } from './domain/message.ts';
export {
  policyActions,
  policyLimitNames,
  policyStrengths,
  violationKinds,
  type PolicyAction,
  type PolicyLayer,
  type PolicyLimitName,
  type PolicyReport,
  type PolicyStrength,
  type PolicyViolation,
  type ViolationKind,
} from './domain/policy-report.ts';
export {
  isTerminalRun,
  runStatuses,
  terminalRunStatuses,
  type AgentProcess,
  type ParkedCall,
  type Run,
  type RunStatus,
  type TerminalRunStatus,
} from './domain/run.ts';
export {
  runStates,
  watchdogSteps,
  type RunActivity,
  type RunState,
  type WatchdogStep,
  type WorkingState,
} from './domain/run-activity.ts';
export {
  isTerminalSession,
  sessionStatuses,
  type AgentHandle,
  type Session,
  type SessionStatus,
} from './domain/session.ts';
export { decodeEvent, type NewEvent, type StoredEvent } from './domain/stored-event.ts';
export {
  deciders,
  permissionModes,
  toolKinds,
  type Authorization,
  type Decider,
  type PermissionMode,
  type ToolCall,
  type ToolKind,
  type ToolLineage,
} from './domain/tool.ts';
export type { ToolPolicy, ToolRefusal } from './domain/tool-policy.ts';
export { parseToolRule, type GivenToolRules, type ToolRule, type ToolRules } from './domain/tool-rule.ts';
export {
  emptyTranscript,
  extendTranscript,
  transcriptFromEvents,
  type Transcript,
  type TranscriptMessage,
  type TranscriptPart,
} from './domain/transcript.ts';
export { truncateTranscript, type TranscriptLimits } from './domain/transcript-truncation.ts';
export {
  addUsage,
  noUsage,
  subtractUsage,
  tokenClasses,
  tokenUsage,
  totalTokens,
  unknownModel,
  type TokenUsage,
  type UsageByModel,
} from './domain/usage.ts';
export type * from './ports/attempt-router.ts';
export * from './ports/event-channel.ts';
export type * from './ports/provider.ts';
export type * from './ports/session-store.ts';
export { budgetScopes, type Budget, type BudgetScope, type BudgetThresholds } from './cost/budget.ts';
export type { ListPrice, ModelPrice } from './cost/model-price.ts';
export { listPrices } from './cost/price-book.ts';
export type { PriceOptions, PriceOverride } from './cost/price-options.ts';
export { checkPolicy } from './policy/policy-check.ts';
export { mergePolicies, type MergedPolicy } from './policy/policy-stack.ts';
export { describePolicy } from './policy/policy-text.ts';
export type { Policy, PolicyLimit, PolicyLimits, PolicyRule, PolicyRules } from './policy/policy.ts';
export * from './redaction/index.ts';
export type { CandidateHealth, CandidateOptions } from './routing/candidate.ts';
export { routingStrategies, type RoutingStrategy } from './routing/candidate-order.ts';
export {
  failoverPolicies,
  rateLimitReactions,
  type FailoverPolicy,
  type RateLimitReaction,
} from './routing/candidate-route.ts';
export { breakerStates, type BreakerOptions, type BreakerState } from './routing/circuit-breaker.ts';
export type { RetryPolicy } from './routing/retry-policy.ts';
export { router, type Router, type RouterNative, type RouterOptions } from './routing/router.ts';
export type { LoopOptions } from './watchdog/loop-options.ts';
export type { Nudge, WatchdogOptions } from './watchdog/watchdog-options.ts';
export type { ApprovalFollowQuery, ApprovalHappening } from './manager/approval-follow.ts';
export type { GrantQuery } from './manager/approval-grants.ts';
export type {
  ApprovalNews,
  ApprovalOperations,
  ApprovalView,
  DecideOptions,
} from './manager/approval-operations.ts';
export type { ClientTool } from './manager/client-tools.ts';
export type { DeltaPolicy } from './manager/delta-joiner.ts';
export type { FollowQuery, LogPage, WaitOptions } from './manager/event-log.ts';
export type { TailLimits } from './manager/event-tail.ts';
export type { AskPerson, Authorize, AuthorizeRequest } from './manager/gate.ts';
export type { ManagerTimes } from './manager/manager-environment.ts';
export type { SessionManagerOptions, SessionOptions } from './manager/manager-options.ts';
export type { RunLimits } from './manager/run-clocks.ts';
export type { RunHandle, SteerResult } from './manager/run-handle.ts';
export type { RunOnceOptions } from './manager/run-once.ts';
export { toolCallFromEvent } from './manager/observed-call.ts';
export {
  continuations,
  type CommonRunOptions,
  type Continuation,
  type RunOptions,
} from './manager/run-options.ts';
export type { RunResult } from './manager/run-result.ts';
export type { SessionHandle } from './manager/session-handle.ts';
export { createSessionManager, type RecoverOptions, type SessionManager } from './manager/session-manager.ts';
export { streamOnce, type OneShotStream, type StreamOnceOptions } from './manager/stream-once.ts';
export type { RequestOptions } from './manager/run-request.ts';
export {
  createConcurrencyLimiter,
  type ConcurrencyLimiter,
  type ConcurrencyLimits,
  type LimiterStatus,
  type LimitUse,
  type Slot,
  type SlotOptions,
} from './runtime/concurrency-limiter.ts';
export {
  controlOperations,
  type ControlHistory,
  type ControlHistoryQuery,
  type ControlOperation,
  type ControlOutcome,
  type ControlRecord,
} from './runtime/control-history.ts';
export type * from './runtime/control-report.ts';
export {
  createSessionControl,
  type SessionControl,
  type SessionControlOptions,
} from './runtime/session-control.ts';
export {
  createSessionServer,
  type QueuePlace,
  type SessionServer,
  type SessionServerStatus,
  type SubscribeOptions,
  type WaitLimit,
} from './runtime/session-server.ts';
export {
  abandonedPolicies,
  type AbandonedPolicy,
  type SessionServerOptions,
} from './runtime/session-server-options.ts';
