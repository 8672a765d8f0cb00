/** Split and list: the left and the right vectors as bit matrices, a row for each half-assignment, a column a clause. */
import { getBit, type BitMatrix } from 'seth-attention';
import { bitsOfRow, leftHalf } from '../focus.ts';
import { isDrawn, type Drawn, type LabStore, type View } from '../state.ts';
import { coloursNow, packed } from '../theme.ts';
import { matrixView, type Picture } from './matrix.ts';
import { pointing } from './pointing.ts';

type Sides = Readonly<Record<'left' | 'right', HTMLElement>>;

export function splitView(hosts: Sides, captions: Sides, store: LabStore): View {
  const { to, left, pin } = pointing(store);
  const sides = (['left', 'right'] as const).map((side) => ({
    side,
    view: matrixView(hosts[side], {
      height: 300,
      square: false,
      pointed: (row, clause) => to({ [side]: row, clause }),
      left,
      pin,
    }),
  }));
  return {
    draw(state) {
      if (!isDrawn(state)) return;
      const { names, cnf } = state.shown;
      const half = leftHalf(cnf.variables);
      const listed = (some: readonly string[]): string =>
        some.length === 0 ? '' : `(${some.length > 4 ? `${some[0]} … ${some.at(-1)}` : some.join(' ')})`;
      captions.left.textContent = listed(names.slice(0, half));
      captions.right.textContent = listed(names.slice(half));
      for (const { side, view } of sides) view.draw(pictureOf(state, side));
    },
    light({ focus }) {
      for (const { side, view } of sides) {
        const row = focus[side];
        view.light({
          ...(row === undefined ? {} : { rows: [row] }),
          ...(focus.clause === undefined ? {} : { columns: [focus.clause] }),
        });
      }
    },
  };
}

function pictureOf({ snapshot, shown }: Drawn, side: 'left' | 'right'): Picture {
  const matrix = snapshot[side];
  const { variables } = shown.cnf;
  const half = side === 'left' ? leftHalf(variables) : variables - leftHalf(variables);
  return {
    rows: matrix.rows,
    columns: matrix.columns,
    pixels: pixelsOf(matrix),
    rowLabel: (row) => bitsOfRow(row, half),
    columnLabel: (column) => String(column + 1),
    label: `${side} vectors: ${matrix.rows} assignments of ${half} variables by ${matrix.columns} clauses; arrow keys move`,
  };
}

function pixelsOf(matrix: BitMatrix): Uint32Array {
  const { low, high } = coloursNow();
  const tones = [packed(low), packed(high)] as const;
  const pixels = new Uint32Array(matrix.rows * matrix.columns);
  for (let r = 0; r < matrix.rows; r++)
    for (let c = 0; c < matrix.columns; c++) pixels[r * matrix.columns + c] = tones[getBit(matrix, r, c)];
  return pixels;
}
