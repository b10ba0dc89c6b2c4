import { expect, test } from 'vitest';
import { displayWidth } from '../rendering/display-width.ts';
import { renderTable, type Column } from './table.ts';

interface Row {
  readonly id: string;
  readonly size: string;
  readonly title: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'ID', value: (row) => row.id },
  { title: 'SIZE', value: (row) => row.size, align: 'right', leaveOut: 1 },
  { title: 'TITLE', value: (row) => row.title, flexible: true },
];
const rows: readonly Row[] = [
  { id: 'first_one', size: '7', title: 'a title that is rather long' },
  { id: 'second', size: '1234', title: '漢字漢字漢字漢字漢字' },
];
const widths = (table: string): readonly number[] => table.split('\n').map(displayWidth);

test('a table without bounds has all of its texts, in columns', () => {
  expect(renderTable(rows, columns, Number.POSITIVE_INFINITY)).toBe(
    [
      'ID         SIZE  TITLE',
      'first_one     7  a title that is rather long',
      'second     1234  漢字漢字漢字漢字漢字',
    ].join('\n'),
  );
});

test('flexible columns are cut first, by what a character takes on the screen', () => {
  expect(renderTable(rows, columns, 30)).toBe(
    ['ID         SIZE  TITLE', 'first_one     7  a title that…', 'second     1234  漢字漢字漢字…'].join('\n'),
  );
});

test('then columns are left out', () => {
  expect(renderTable(rows, columns, 22)).toBe(
    ['ID         TITLE', 'first_one  a title th…', 'second     漢字漢字漢…'].join('\n'),
  );
});

test('then each row has two lines, the first of which is whole', () => {
  expect(renderTable(rows, columns, 12)).toBe(
    ['first_one', '  a title t…', 'second', '  漢字漢字…'].join('\n'),
  );
});

test('there a number says what it counts, and columns are left out that have no room', () => {
  const counted: readonly Column<Row>[] = columns.map((column) =>
    column.title === 'SIZE' ? { ...column, unit: 'page' } : column,
  );
  const one = rows.map((row) => ({ ...row, id: `${row.id} of some length`, title: 'a title' }));
  expect(renderTable(one, counted, 21)).toBe(
    ['first_one of some length', '  7 pages · a title', 'second of some length', '  a title'].join('\n'),
  );
});

test('there flexible texts are cut before a column is left out', () => {
  const short = rows.map((row) => ({ ...row, id: `${row.id} of some length`, title: `${row.title} and on` }));
  expect(renderTable(short.slice(0, 1), columns, 24)).toBe(
    ['first_one of some length', '  7 · a title that is r…'].join('\n'),
  );
});

test('no width is exceeded as long as the first column fits', () => {
  for (let width = 9; width < 60; width++) {
    for (const line of widths(renderTable(rows, columns, width))) expect(line).toBeLessThanOrEqual(width);
  }
});

test('what a terminal would obey is made visible', () => {
  const table = renderTable([{ id: 'x', size: '1', title: '\u001B[2Jone\r\ntwo\u009B' }], columns, 80);
  expect(table).toBe('ID  SIZE  TITLE\nx      1  ␛[2Jone two\\x9b');
});
