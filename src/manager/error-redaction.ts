import type { ErrorRecord } from '../domain/error.ts';
import { isJsonObject } from '../domain/json.ts';
import type { Redactor } from '../redaction/redactor.ts';

/** The record as it may be stored: texts of agents and their standard error can hold secrets. */
export function redactRecord(record: ErrorRecord, redactor: Redactor): ErrorRecord {
  const { provider, details } = record;
  const cleanDetails = details === undefined ? undefined : redactor.json(details).value;
  return {
    ...record,
    message: redactor.text(record.message).text,
    ...(isJsonObject(cleanDetails) ? { details: cleanDetails } : {}),
    ...(provider === undefined
      ? {}
      : {
          provider: {
            ...provider,
            ...(provider.stderr === undefined ? {} : { stderr: redactor.text(provider.stderr).text }),
          },
        }),
  };
}
