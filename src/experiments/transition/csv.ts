/** Rows of one kind as CSV, a column a field; null is an empty cell. */
export function toCsv<Row extends { readonly [field in keyof Row]: Cell }>(rows: readonly Row[]): string {
  const fields = Object.keys(rows[0] ?? {}) as (keyof Row & string)[];
  const line = (row: Row): string => fields.map((field) => textOf(row[field])).join(',');
  return [fields.join(','), ...rows.map(line), ''].join('\n');
}

type Cell = number | string | boolean | null;

const textOf = (cell: Cell): string => (cell === null ? '' : String(cell));
