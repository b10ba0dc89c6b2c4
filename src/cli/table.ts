import { displayWidth, fitWidth } from '../rendering/display-width.ts';
import { oneLine } from '../rendering/visible-text.ts';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** May be cut, down to 8 columns. */
  readonly flexible?: boolean;
  /** May be left out where cutting is not enough; the lowest number first. */
  readonly leaveOut?: number;
  readonly align?: 'left' | 'right';
  /** What a number counts, such as `token`: told beside it where no title stands above it. */
  readonly unit?: string;
}

const gap = '  ';
const narrowest = 8;
/** Between the cells of a line without columns. */
const separator = ' · ';

interface Measured<Row> {
  readonly column: Column<Row>;
  readonly texts: readonly string[];
  readonly least: number;
  width: number;
}

/**
 * A plain table that fits the width: flexible columns are cut, then columns are left out. Where even that
 * is not enough, each row is a line with its first cell, never cut, and a line with those of the others for
 * which there is room. Texts are made harmless for a terminal.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number,
): string {
  const all = columns.map((column) => measure(column, rows));
  const kept = leaveOut(all, width);
  if (leastWidth(kept) > width) return stacked(all, rows.length, width);
  narrow(kept, width);
  const lines = [kept.map(({ column }) => column.title)];
  for (const index of rows.keys()) lines.push(kept.map(({ texts }) => texts[index] ?? ''));
  return lines.map((line) => lineOf(kept, line)).join('\n');
}

function measure<Row>(column: Column<Row>, rows: readonly Row[]): Measured<Row> {
  const texts = rows.map((row) => oneLine(column.value(row), 400));
  const width = Math.max(column.title.length, ...texts.map(displayWidth));
  const least = column.flexible === true ? Math.min(width, Math.max(narrowest, column.title.length)) : width;
  return { column, texts, least, width };
}

function leaveOut<Row>(all: readonly Measured<Row>[], width: number): readonly Measured<Row>[] {
  let kept = all;
  while (leastWidth(kept) > width) {
    const fewer = withoutNext(kept);
    if (fewer === undefined) return kept;
    kept = fewer;
  }
  return kept;
}

/** All but the column that is the next to be left out; nothing when none may be. */
function withoutNext<Row>(columns: readonly Measured<Row>[]): readonly Measured<Row>[] | undefined {
  const [next] = columns
    .filter(({ column }) => column.leaveOut !== undefined)
    .toSorted((one, other) => (one.column.leaveOut ?? 0) - (other.column.leaveOut ?? 0));
  return next === undefined ? undefined : columns.filter((column) => column !== next);
}

function leastWidth<Row>(columns: readonly Measured<Row>[]): number {
  return columns.reduce((sum, { least }) => sum + least + gap.length, -gap.length);
}

/** Takes from the widest of the flexible columns until all fit. */
function narrow<Row>(columns: readonly Measured<Row>[], width: number): void {
  let over = columns.reduce((sum, column) => sum + column.width + gap.length, -gap.length) - width;
  while (over > 0) {
    const [widest] = columns
      .filter((column) => column.width > column.least)
      .toSorted((one, other) => other.width - one.width);
    if (widest === undefined) return;
    widest.width -= 1;
    over -= 1;
  }
}

function lineOf<Row>(columns: readonly Measured<Row>[], texts: readonly string[]): string {
  return columns
    .map(({ column, width }, index) => {
      const text = fitWidth(texts[index] ?? '', width);
      const filling = ' '.repeat(Math.max(0, width - displayWidth(text)));
      return column.align === 'right' ? filling + text : text + filling;
    })
    .join(gap)
    .trimEnd();
}

function stacked<Row>(columns: readonly Measured<Row>[], rows: number, width: number): string {
  return Array.from({ length: rows }, (_, index) => {
    const [first, ...others] = columns;
    return `${first?.texts[index] ?? ''}\n${fitWidth(lineBelow(others, index, width), width)}`;
  }).join('\n');
}

/**
 * The other cells of a row in one line: columns that may be left out are, until the rest has room when flexible cells
 * are cut.
 */
function lineBelow<Row>(columns: readonly Measured<Row>[], index: number, width: number): string {
  let kept = columns;
  while (widthBelow(cellsOf(kept, index), 'least') > width) {
    const fewer = withoutNext(kept);
    if (fewer === undefined) break;
    kept = fewer;
  }
  const cells = cellsOf(kept, index);
  for (let over = widthBelow(cells, 'width') - width; over > 0; over--) {
    const [widest] = cells
      .filter((cell) => cell.width > cell.least)
      .toSorted((one, other) => other.width - one.width);
    if (widest === undefined) break;
    widest.width -= 1;
  }
  return gap + cells.map((cell) => fitWidth(cell.text, cell.width)).join(separator);
}

interface Cell {
  readonly text: string;
  readonly least: number;
  width: number;
}

function cellsOf<Row>(columns: readonly Measured<Row>[], index: number): readonly Cell[] {
  return columns.flatMap(({ column: { unit, flexible }, texts }) => {
    const plain = texts[index] ?? '';
    if (plain === '') return [];
    const text = unit === undefined ? plain : `${plain} ${unit}${plain === '1' ? '' : 's'}`;
    const width = displayWidth(text);
    return [{ text, width, least: flexible === true ? Math.min(width, narrowest) : width }];
  });
}

function widthBelow(cells: readonly Cell[], which: 'least' | 'width'): number {
  const between = Math.max(0, cells.length - 1) * separator.length;
  return cells.reduce((sum, cell) => sum + cell[which], gap.length + between);
}

/** Columns of the terminal; where output goes elsewhere, nothing is cut. */
export function outputWidth(): number {
  const { isTTY, columns } = process.stdout;
  if (!isTTY) return Number.POSITIVE_INFINITY;
  // Some terminals don't know how wide they are, and say 0.
  return columns > 0 ? columns : 80;
}
