export { callbackSink, type CallbackSinkOptions } from './callback-sink.ts';
export { compactRenderer } from './compact-renderer.ts';
export type { FileOptions } from './file-device.ts';
export { fileSink, type FileSinkOptions } from './file-sink.ts';
export type { SinkFailure } from './guarded-sink.ts';
export { jsonLinesCodes } from './json-lines-compact.ts';
export {
  jsonLinesModes,
  jsonLinesSink,
  type JsonLinesMode,
  type JsonLinesSinkOptions,
} from './json-lines-sink.ts';
export { eventFromJsonLine, jsonLine } from './json-lines.ts';
export { isLiveTerminal, supportsColor } from './palette.ts';
export { passthroughRenderer } from './passthrough-renderer.ts';
export { plainText } from './plain-text.ts';
export { renderTo, type RenderToOptions } from './render-to.ts';
export type { Renderer, RendererOptions } from './renderer.ts';
export {
  createRendering,
  type RenderFailure,
  type Rendering,
  type RenderingOptions,
  type RenderingReport,
} from './rendering.ts';
export type { Sink } from './sink.ts';
export { studioRenderer, type StudioRendererOptions } from './studio-renderer.ts';
export { toolOutputModes, type ToolOutputMode } from './studio-tool-view.ts';
export { terminalSink, type TerminalSinkOptions } from './terminal-sink.ts';
export { verboseRenderer, type VerboseRendererOptions } from './verbose-renderer.ts';
export { oneLine, visibleText } from './visible-text.ts';
