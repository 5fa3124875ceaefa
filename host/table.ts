import { printableLine } from './printable.ts';

const GAP = '  ';

function width(text: string): number {
  return [...text].length;
}

function cut(text: string, columns: number): string {
  const characters = [...text];
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(columns - 1, 0)).join('')}…`;
}

/**
 * Lines with a heading and one line for each row, in columns; lines longer than `columns` are cut, which shortens what
 * stands last. Nothing in a cell can forge a line or drive a terminal.
 */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  columns = Number.POSITIVE_INFINITY,
): string[] {
  const cells = [heading, ...rows].map((row) => row.map(printableLine));
  const widths = heading.map((_, column) => cells.reduce((most, row) => Math.max(most, width(row[column] ?? '')), 0));
  return cells.map((row) => {
    const padded = row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)));
    return cut(padded.join(GAP).trimEnd(), columns);
  });
}
