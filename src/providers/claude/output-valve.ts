/** Bytes that may wait for the reader of the run before the program is made to wait as well. */
const maximumWaiting = 16 * 1024 * 1024;

/** Holds the program's output back while its messages come faster than they are read. */
export interface OutputValve {
  /** So many bytes were passed on. */
  add(bytes: number): void;
  /** Calls back when more may be passed on: at once, or when it is opened. */
  whenOpen(callback: () => void): void;
  /** All that was passed on has been read. */
  open(): void;
}

/** Makes an open valve; it has one user on each side. */
export function createOutputValve(): OutputValve {
  let waiting = 0;
  let blocked: (() => void) | undefined;
  return {
    add(bytes) {
      waiting += bytes;
    },
    whenOpen(callback) {
      if (waiting < maximumWaiting) callback();
      else blocked = callback;
    },
    open() {
      waiting = 0;
      const callback = blocked;
      blocked = undefined;
      callback?.();
    },
  };
}
