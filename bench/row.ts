import Table from 'cli-table3';

/** One line of the table. */
export interface Row<Context> {
  readonly name: string;
  readonly goal: string;
  /** Throws where it cannot be measured here. */
  measure(context: Context): Promise<Figure>;
}

export interface Figure {
  readonly measured: string;
  /** The plain way, or another tool, in the same run. */
  readonly baseline: string;
}

export interface Line extends Figure {
  readonly name: string;
  readonly goal: string;
}

/** What several rows need, opened once and closed behind them. */
export interface Setting<Context> {
  open(): Promise<Context>;
  close(context: Context): Promise<void>;
}

/** Measures rows one after another; one that cannot be measured says why in its line. */
export async function measureRows<Context>(
  setting: Setting<Context>,
  rows: readonly Row<Context>[],
  onLine: (line: Line) => void,
): Promise<void> {
  let context: Context;
  try {
    context = await setting.open();
  } catch (error) {
    for (const row of rows) onLine(notHere(row, error));
    return;
  }
  try {
    for (const row of rows) onLine(await measureRow(row, context));
  } finally {
    await setting.close(context);
  }
}

async function measureRow<Context>(row: Row<Context>, context: Context): Promise<Line> {
  try {
    return { name: row.name, goal: row.goal, ...(await row.measure(context)) };
  } catch (error) {
    return notHere(row, error);
  }
}

function notHere({ name, goal }: { name: string; goal: string }, error: unknown): Line {
  return { name, goal, measured: `SKIPPED: ${error instanceof Error ? error.message : String(error)}`, baseline: '' };
}

export function tableOf(lines: readonly Line[]): string {
  const table = new Table({
    head: ['what', 'measured', 'goal', 'baseline'],
    colWidths: [42, 32, 26, 34],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { name, measured, goal, baseline } of lines) table.push([name, measured, goal, baseline]);
  return table.toString();
}

/** For rows that need nothing but themselves. */
export const NOTHING: Setting<undefined> = {
  open: () => Promise.resolve(undefined),
  close: () => Promise.resolve(),
};
