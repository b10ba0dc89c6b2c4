import {
  compactRenderer,
  isLiveTerminal,
  studioRenderer,
  supportsColor,
  verboseRenderer,
  type Renderer,
} from '../rendering/index.ts';

export const renderings = ['studio', 'compact', 'verbose', 'none'] as const;
export type RenderingName = (typeof renderings)[number];

/** The renderer of a name, fit for where standard output goes. */
export function eventRenderer(name: Exclude<RenderingName, 'none'>): Renderer {
  const color = supportsColor(process.stdout);
  switch (name) {
    case 'compact':
      return compactRenderer({ color });
    case 'verbose':
      return verboseRenderer({ color });
    case 'studio':
      return studioRenderer({ color, terminal: isLiveTerminal(process.stdout) });
  }
}
