import { cpus } from 'node:os';
import type { BenchmarkRow } from './benchmark.ts';

/** The rows of one workload, or how it failed. */
export interface BenchmarkReport {
  readonly benchmark: string;
  readonly goal: string;
  readonly rows: readonly BenchmarkRow[];
  readonly error?: string;
}

/** What the figures depend on. */
export interface Conditions {
  readonly quick: boolean;
  readonly slowFsync: boolean;
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
}

export function conditions(quick: boolean): Conditions {
  const [first] = cpus();
  return {
    quick,
    slowFsync: process.env['LD_PRELOAD']?.includes('slow-fsync') === true,
    node: process.version,
    processor: first?.model ?? 'unknown',
    cores: cpus().length,
  };
}

/** The reports as JSON: one flat list of rows, each with the name of its workload. */
export function jsonReport(reports: readonly BenchmarkReport[], under: Conditions): string {
  const results = reports.flatMap(({ benchmark, rows, error }) => [
    ...rows.map((row) => ({ benchmark, ...row, met: isMet(row) })),
    ...(error === undefined ? [] : [{ benchmark, error, met: false }]),
  ]);
  return JSON.stringify({ conditions: under, results }, undefined, 2);
}

/** One workload as text: its goal, and a line for each row. */
export function textReport({ benchmark, goal, rows, error }: BenchmarkReport): string {
  const lines = [`${benchmark}: ${goal}`];
  if (rows.length > 0) lines.push(...table(rows).map((line) => `  ${line}`));
  for (const { name, details } of rows) {
    const told = Object.entries(details ?? {}).map(([what, value]) => `${what} ${value}`);
    if (told.length > 0) lines.push(`  ${name}: ${told.join(', ')}`);
  }
  if (error !== undefined) lines.push(`  FAILED: ${error}`);
  return `${lines.join('\n')}\n`;
}

/** True when every goal of the row is met; `undefined` for a row without goals. */
export function isMet({ goals = [] }: BenchmarkRow): boolean | undefined {
  return goals.length === 0 ? undefined : goals.every((goal) => goal.met);
}

const header = ['', 'figure', 'unit', 'limit', 'ratio', 'peer', 'goal', 'met'];

function table(rows: readonly BenchmarkRow[]): readonly string[] {
  const cells = [header, ...rows.map(cellsOf)];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}

function cellsOf(row: BenchmarkRow): readonly string[] {
  const met = isMet(row);
  return [
    row.name,
    figureText(row.figure),
    row.unit,
    row.limit === undefined ? '' : figureText(row.limit.figure),
    row.ratio === undefined ? '' : row.ratio.toFixed(2),
    row.peer === undefined ? '' : figureText(row.peer.figure),
    (row.goals ?? []).map((goal) => goal.text).join('; '),
    met === undefined ? '' : met ? 'yes' : 'no',
  ];
}

function figureText(figure: number): string {
  const digits = Math.abs(figure) >= 100 ? 0 : 2;
  return figure.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}
