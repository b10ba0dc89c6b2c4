export { startModelServer, type ModelServer, type ModelServerOptions } from './model-server/model-server.ts';
export type { ModelFailure, ModelToolUse, ModelTurn, ModelUsage } from './model-server/model-turn.ts';
export { scriptIsOver, type ModelScript } from './model-server/turn-script.ts';
export { isMainRequest, type ExchangeState, type ModelRequest } from './model-server/model-request.ts';
export type { RequestLogLimits, WaitOptions } from './model-server/request-log.ts';
export {
  conversationTexts,
  lastUserText,
  toolResults,
  type ToolResultSeen,
} from './model-server/anthropic-reader.ts';
export { ampEnvironment, type AmpEnvironmentOptions } from './model-server/amp-environment.ts';
export { responseTexts, responseToolResults } from './model-server/openai-reader.ts';
export { claudeEnvironment, type ClaudeEnvironmentOptions } from './model-server/claude-environment.ts';
export { codexEnvironment, type CodexEnvironmentOptions } from './model-server/codex-environment.ts';
export {
  createTestHost,
  type SteeringAnswer,
  type TestAuthorize,
  type TestHost,
  type TestHostOptions,
  type TestQuestion,
} from './test-host.ts';
export { collectRun, type CollectedRun, type RunEnd } from './run-collector.ts';
export { createRunRequest } from './run-request.ts';
export {
  scriptedCapabilities,
  scriptedProvider,
  type ScriptedProviderOptions,
} from './scripted-provider/scripted-provider.ts';
export type { Misbehaviour } from './scripted-provider/misbehaviour.ts';
export type {
  ProviderScript,
  ScriptContext,
  ScriptStep,
  ScriptedResult,
  ScriptedTool,
  ScriptedToolStep,
  StepList,
} from './scripted-provider/script-step.ts';
export {
  providerCases,
  providerCasesFor,
  runProviderCase,
  testProvider,
  assertClaimsAreProved,
  type ContractRunner,
} from './provider-contract/provider-contract.ts';
export type { ProviderCase } from './provider-contract/provider-case.ts';
export type { CaseRun, CaseRunOptions, ProviderRoom } from './provider-contract/provider-room.ts';
export type {
  AgentStep,
  ProviderFixture,
  ProviderSubject,
  RequestFields,
} from './provider-contract/provider-subject.ts';
export { createTestClock, type TestClock } from './deterministic-clock.ts';
export { createTestIds } from './deterministic-ids.ts';
export {
  testSessionStore,
  testSessionStoreModel,
  type SessionStoreModelOptions,
  type SessionStoreTestOptions,
  type StoreTestRunner,
} from './store-contract/test-session-store.ts';
export { casesFor as sessionStoreCasesFor, sessionStoreCases } from './store-contract/session-store-cases.ts';
export { runStoreCase, type StoreRoomOptions } from './store-contract/store-room.ts';
export { runStoreModel, type StoreModelRun } from './store-contract/store-model-run.ts';
export type {
  OpenStore,
  StoreAbility,
  StoreCase,
  StorePlace,
  StoreRoom,
} from './store-contract/store-case.ts';
