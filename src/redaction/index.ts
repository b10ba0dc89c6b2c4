export { bareValues, tokenNeeds, tokenStarts } from './redaction-rule.ts';
export type {
  AssignmentRule,
  BareValues,
  PrivateKeyRule,
  RedactionRule,
  TokenNeed,
  TokenRule,
  TokenStart,
  UrlPasswordRule,
} from './redaction-rule.ts';
export { defaultRedactionRules } from './default-rules.ts';
export { createRedactor, noRedaction } from './redactor.ts';
export type { RedactionOptions, Redactor, TextStreamRedactor } from './redactor.ts';
