type Paint = (text: string) => string;

/** The colours of the renderers; each paints nothing when colours are off. */
export interface Palette {
  readonly red: Paint;
  readonly green: Paint;
  readonly blue: Paint;
  readonly magenta: Paint;
  readonly dim: Paint;
}

const codes = { red: '0;31', green: '0;32', blue: '0;34', magenta: '0;35', dim: '2' } as const;

export function palette(color: boolean): Palette {
  const paint =
    (code: string): Paint =>
    (text) =>
      color && text !== '' ? `\u001B[${code}m${text}\u001B[0m` : text;
  return {
    red: paint(codes.red),
    green: paint(codes.green),
    blue: paint(codes.blue),
    magenta: paint(codes.magenta),
    dim: paint(codes.dim),
  };
}

interface Environment {
  readonly [name: string]: string | undefined;
}

/**
 * Whether to write colours to a stream. `NO_COLOR` (not empty) says no; else `FORCE_COLOR` says yes,
 * or no when it is `0` or `false`; else it must be a terminal that isn't `TERM=dumb`.
 */
export function supportsColor(
  stream: { readonly isTTY?: boolean } = process.stdout,
  environment: Environment = process.env,
): boolean {
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  const force = environment['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isLiveTerminal(stream, environment);
}

/** Whether lines can be updated in place. */
export function isLiveTerminal(
  stream: { readonly isTTY?: boolean } = process.stdout,
  environment: Environment = process.env,
): boolean {
  return stream.isTTY === true && environment['TERM'] !== 'dumb';
}
