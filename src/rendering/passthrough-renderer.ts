import type { Renderer } from './renderer.ts';

/** Renders nothing: for sinks that only want the events. */
export function passthroughRenderer(): Renderer {
  return { render: () => '', finish: () => '' };
}
