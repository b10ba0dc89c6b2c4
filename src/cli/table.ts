import { oneLine } from '../rendering/index.ts';

/** A column: its title, and which share it has when the table is too wide (0: never cut). */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly flexible?: boolean;
  readonly align?: 'left' | 'right';
}

const gap = 2;

/** A plain table that fits the width: flexible columns are cut. Texts are made harmless for a terminal. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number,
): string {
  const cells = rows.map((row) => columns.map((column) => oneLine(column.value(row), 400)));
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  let over = widths.reduce((sum, cell) => sum + cell + gap, -gap) - width;
  for (const [index, column] of columns.entries()) {
    if (over <= 0) break;
    if (column.flexible !== true) continue;
    const now = widths[index] ?? 0;
    const cut = Math.min(over, Math.max(0, now - Math.max(8, column.title.length)));
    widths[index] = now - cut;
    over -= cut;
  }
  const line = (texts: readonly string[]): string =>
    columns
      .map((column, index) => fit(texts[index] ?? '', widths[index] ?? 0, column.align ?? 'left'))
      .join(' '.repeat(gap))
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...cells.map(line)].join('\n');
}

function fit(text: string, width: number, align: 'left' | 'right'): string {
  const cut = text.length > width ? `${[...text].slice(0, Math.max(0, width - 1)).join('')}…` : text;
  return align === 'right' ? cut.padStart(width) : cut.padEnd(width);
}

/** Columns of the terminal, or 100 where output goes elsewhere. */
export function outputWidth(): number {
  return process.stdout.isTTY ? Math.max(40, process.stdout.columns) : 100;
}
