/** A fenced block of a Markdown file. */
export interface CodeBlock {
  /** What stands behind the opening fence: a language and more, or nothing. */
  readonly info: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** Its lines, without the indentation of the fence. */
  readonly text: string;
  /** False when the file ends before the block does. */
  readonly closed: boolean;
}

const openingFence = /^([ \t]*)(`{3,}|~{3,})[ \t]*([^`]*)$/;

/** The fenced blocks of a Markdown text in their order; fences inside a longer fence are its text. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { indent: string; fence: string; info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    const match = openingFence.exec(line);
    const [, indent = '', fence = '', info = ''] = match ?? [];
    if (open === undefined) {
      if (match !== null) open = { indent, fence, info: info.trim(), line: index + 1, lines: [] };
    } else if (match !== null && info.trim() === '' && fence.startsWith(open.fence)) {
      blocks.push(finished(open, true));
      open = undefined;
    } else {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart());
    }
  }
  if (open !== undefined) blocks.push(finished(open, false));
  return blocks;
}

function finished(open: { info: string; line: number; lines: string[] }, closed: boolean): CodeBlock {
  return { info: open.info, line: open.line, text: open.lines.join('\n'), closed };
}
