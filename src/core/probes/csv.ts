/** A table as nvidia-smi prints it: cells by the name of their column, and every line that is no row of it. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly ReadonlyMap<string, string>[];
  readonly messages: readonly string[];
}

/** The columns whose cells may hold commas. */
const NAMES = new Set(['name', 'process_name']);

/**
 * Reads `--format=csv` by its header, so that a column more or less, or in another place, shifts
 * nothing. Nothing is quoted there: a comma too many belongs to the name. A row that is too short was
 * cut off, so its last cell is not to be trusted. Warnings may stand before, between and after the rows;
 * one that looks like a header gives way to the header itself.
 * @param key the column that every table of this kind has and whose cells `isKey` knows
 */
export function parseCsv(lines: readonly string[], key: string, isKey: RegExp): CsvTable {
  let columns: string[] = [];
  const rows: ReadonlyMap<string, string>[] = [];
  const messages: string[] = [];
  for (const line of lines) {
    const cells = line.split(',').map((cell) => cell.trim());
    if (rows.length === 0 && cells.length > 1 && cells.includes(key)) {
      columns = cells.map((cell) => cell.replace(/ \[[^\]]*\]$/, ''));
      continue;
    }
    const row = columns.length === 0 ? null : readRow(cells, columns);
    if (row !== null && isKey.test(row.get(key) ?? '')) rows.push(row);
    else messages.push(line.trim());
  }
  return { columns, rows, messages };
}

function readRow(cells: readonly string[], columns: readonly string[]): ReadonlyMap<string, string> | null {
  if (cells.length < 2) return null;
  if (cells.length < columns.length) return zip(columns, cells.slice(0, -1));
  const name = columns.findIndex((column) => NAMES.has(column));
  if (name < 0) return zip(columns, cells);
  const after = name + 1 + cells.length - columns.length;
  return zip(columns, [...cells.slice(0, name), cells.slice(name, after).join(', '), ...cells.slice(after)]);
}

function zip(columns: readonly string[], cells: readonly string[]): ReadonlyMap<string, string> {
  return new Map(columns.slice(0, cells.length).map((column, index) => [column, cells[index] ?? '']));
}
