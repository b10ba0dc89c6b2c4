/** Where a batched output writes to. Calls of `write` don't overlap. */
export interface OutputDevice {
  /** Resolves when the text was taken; rejects when it can't be written. */
  write(text: string): Promise<void>;
  /** Frees what the device opened itself. `failed` tells that an earlier write was rejected. */
  close(failed: boolean): Promise<void>;
}
