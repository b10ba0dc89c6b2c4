/**
 * Keeps which calls of client tools were allowed. The agent's server of client tools asks for a call after
 * the agent asked for permission; but so could any program that the agent started and that found the bridge.
 */
export interface AllowedCalls {
  /** One call of the tool may be made. */
  allow(tool: string): void;
  /** True if one is left, which is then used up. */
  spend(tool: string): boolean;
}

/** Makes an empty list. */
export function createAllowedCalls(): AllowedCalls {
  const left = new Map<string, number>();
  return {
    allow(tool) {
      left.set(tool, (left.get(tool) ?? 0) + 1);
    },
    spend(tool) {
      const count = left.get(tool) ?? 0;
      if (count === 0) return false;
      left.set(tool, count - 1);
      return true;
    },
  };
}
