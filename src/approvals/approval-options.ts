import { oneOf } from '../domain/choice.ts';
import { expiryDefaults, type ExpiryDefault } from '../domain/approval.ts';
import { AsmError } from '../domain/error.ts';
import { assertOptionNames } from '../domain/option-names.ts';

/** How tool calls that need a person wait for one. */
export interface ApprovalOptions {
  /** How long a person has to answer, in milliseconds. Default 24 hours; at most a year. */
  readonly deadline?: number;
  /** What happens to a call that nobody answered in time. Default `deny`. */
  readonly onExpiry?: ExpiryDefault;
  /**
   * Milliseconds after which the agent is ended while it waits, where its provider can take the call up
   * again later. Default 10 minutes; `Infinity`: never.
   */
  readonly parkAfter?: number;
}

export type ApprovalSettings = Required<ApprovalOptions>;

const year = 365 * 24 * 60 * 60_000;

const defaults: ApprovalSettings = {
  deadline: 24 * 60 * 60_000,
  onExpiry: 'deny',
  parkAfter: 10 * 60_000,
};

const names = ['deadline', 'onExpiry', 'parkAfter'] as const satisfies readonly (keyof ApprovalOptions)[];

/** Of several options the last that is given counts. */
export function approvalSettings(...given: readonly (ApprovalOptions | undefined)[]): ApprovalSettings {
  return given.reduce<ApprovalSettings>(
    (settings, { deadline, onExpiry, parkAfter } = {}) => ({
      deadline: deadline ?? settings.deadline,
      onExpiry: onExpiry ?? settings.onExpiry,
      parkAfter: parkAfter ?? settings.parkAfter,
    }),
    defaults,
  );
}

/** Throws `unknown_option` or `invalid_input` for what types alone can't keep out. */
export function checkApprovalOptions(options: ApprovalOptions): void {
  assertOptionNames('`approvals`', options, names);
  const { deadline = 1, onExpiry = 'deny', parkAfter = 0 } = options;
  if (!Number.isSafeInteger(deadline) || deadline < 1 || deadline > year) {
    throw new AsmError(
      'invalid_input',
      `The deadline of approvals is a whole number of milliseconds from 1 to a year, not ${String(deadline)}.`,
    );
  }
  oneOf('onExpiry', onExpiry, expiryDefaults);
  if (typeof parkAfter !== 'number' || !(parkAfter >= 0)) {
    throw new AsmError(
      'invalid_input',
      `parkAfter is a number of milliseconds from 0, or Infinity, not ${String(parkAfter)}.`,
    );
  }
}
