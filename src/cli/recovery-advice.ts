import type { AsmError } from '../domain/error.ts';
import type { ErrorCode } from '../domain/error-code.ts';
import { errorSettings, type ErrorSetting } from '../domain/error-setting.ts';
import { textField } from '../domain/json-field.ts';

/** How a person at the command line gives the option that decides about an error; not all of them can be given. */
const settingWords: Readonly<Record<ErrorSetting, string | ((error: AsmError) => string) | undefined>> = {
  acceptObserved: 'With --accept-observed the run goes on if that is enough.',
  environment: ({ details }) =>
    `Give it a value here, and pass it on with --env ${textField(details, 'variable') ?? '<name>'}.`,
  executable: undefined,
  mode: 'With --native mode=smart it works in that one.',
  native: '--native takes them as <name>=<value>; a value that is JSON is read as that, any other is text.',
  ownRules: 'asm lets no such rules stand.',
  shell: 'With --shell a shell runs it.',
  trustProject: 'With --trust-project it may.',
};

/** What is to be said of an error whose own words are those of the library, or know less. */
const codeAdvice: { readonly [Code in ErrorCode]?: string } = {
  run_already_executing:
    'If that process is gone, try again when its lease has run out, some 15 s after its end.',
  provider_not_found: '`asm doctor` lists those that there are.',
  model_unpriced: 'asm takes no prices: limit tokens instead, as with --budget run=200000tokens.',
};

function settingAdvice(error: AsmError): string | undefined {
  const setting = errorSettings.find((name) => name === error.details?.['setting']);
  const words = setting === undefined ? undefined : settingWords[setting];
  return typeof words === 'function' ? words(error) : words;
}

/** What a person at the command line can do about an error that doesn't say it itself. */
export function recoveryAdvice(error: AsmError): string | undefined {
  switch (error.recovery) {
    case 'sign_in':
      return (
        settingAdvice(error) ?? 'Sign in to the agent, or set its key; `asm doctor` shows what is missing.'
      );
    case 'wait_and_retry':
      return error.provider?.retryAt === undefined
        ? 'Try again in a while.'
        : `Try again after ${new Date(error.provider.retryAt).toLocaleTimeString()}.`;
    case 'retry':
      // Of an approval the first decision counts: who comes later gets the same answer each time.
      return error.code === 'conflict' && error.details?.['approvalId'] !== undefined
        ? undefined
        : 'Try again.';
    case 'failover':
      return 'Try again later, or with another provider.';
    case 'fix_input':
    case 'abort':
      return codeAdvice[error.code] ?? settingAdvice(error);
  }
}
