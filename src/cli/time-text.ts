/** How long ago, in one unit: `12s`, `5m`, `3h`, `2d`. */
export function ago(time: number, now: number = Date.now()): string {
  return `${duration(Math.max(0, now - time))} ago`;
}

/** A length of time in its largest unit. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)}ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)}s`;
  const minutes = seconds / 60;
  if (minutes < 60) return `${Math.round(minutes)}m`;
  const hours = minutes / 60;
  return hours < 48 ? `${Math.round(hours)}h` : `${Math.round(hours / 24)}d`;
}
