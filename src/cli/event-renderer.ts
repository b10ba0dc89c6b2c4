import {
  compactRenderer,
  isLiveTerminal,
  studioRenderer,
  supportsColor,
  verboseRenderer,
  type Renderer,
} from '../rendering/index.ts';
import type { RenderingName } from './rendering-name.ts';

export interface EventRendererOptions {
  /** Shows all that tools write, while they write it, for a run whose tool is what one came for. */
  readonly toolOutput?: boolean;
}

/** The renderer of a name, fit for where standard output goes. */
export function eventRenderer(
  name: Exclude<RenderingName, 'none'>,
  options: EventRendererOptions = {},
): Renderer {
  const color = supportsColor(process.stdout);
  switch (name) {
    case 'compact':
      return compactRenderer({ color });
    case 'verbose':
      return verboseRenderer({ color });
    case 'studio':
      return studioRenderer({
        color,
        terminal: isLiveTerminal(process.stdout),
        toolOutput: options.toolOutput === true ? 'full' : 'summary',
      });
  }
}
