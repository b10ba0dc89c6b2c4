/** What all commands take. */
export interface SharedOptions {
  readonly store?: string;
  readonly json?: boolean;
}
