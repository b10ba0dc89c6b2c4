import { palette, supportsColor, type Palette } from '../rendering/palette.ts';

/** The colours for what goes to standard output or standard error, each as that one can take them. */
export function paintFor(stream: { readonly isTTY?: boolean }): Palette {
  return palette(supportsColor(stream));
}
