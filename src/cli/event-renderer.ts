import { isLiveTerminal, supportsColor } from '../rendering/palette.ts';
import type { Renderer } from '../rendering/renderer.ts';
import type { RenderingName } from './rendering-name.ts';

export interface EventRendererOptions {
  /** Shows all that tools write, while they write it, for a run whose tool is what one came for. */
  readonly toolOutput?: boolean;
  /** Has lines begin with the number and the time of their event, where it is a line for each. */
  readonly times?: boolean;
}

/** The renderer of a name, fit for where standard output goes. */
export async function eventRenderer(
  name: Exclude<RenderingName, 'none'>,
  options: EventRendererOptions = {},
): Promise<Renderer> {
  const color = supportsColor(process.stdout);
  switch (name) {
    case 'compact': {
      const { compactRenderer } = await import('../rendering/compact-renderer.ts');
      return compactRenderer({ color });
    }
    case 'verbose': {
      const { verboseRenderer } = await import('../rendering/verbose-renderer.ts');
      return verboseRenderer({ color, times: options.times === true });
    }
    case 'studio': {
      const { studioRenderer } = await import('../rendering/studio-renderer.ts');
      return studioRenderer({
        color,
        terminal: isLiveTerminal(process.stdout),
        toolOutput: options.toolOutput === true ? 'full' : 'summary',
      });
    }
  }
}
