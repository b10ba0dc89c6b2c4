import { readFileSync } from 'node:fs';
import { AsmError, isAsmError } from '../domain/error.ts';
import { checkPolicy } from '../policy/policy-check.ts';
import type { Policy } from '../policy/policy.ts';

/** Reads a policy from a JSON file. Throws `invalid_input` or `unknown_option`, naming the file. */
export function readPolicy(file: string): Policy {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new AsmError('invalid_input', `The policy ${file} can't be read: ${why}`);
  }
  try {
    const value: unknown = JSON.parse(text);
    return checkPolicy(value);
  } catch (thrown) {
    if (isAsmError(thrown)) throw new AsmError(thrown.code, `In the policy ${file}: ${thrown.message}`);
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new AsmError('invalid_input', `The policy ${file} is not JSON: ${why}`);
  }
}
