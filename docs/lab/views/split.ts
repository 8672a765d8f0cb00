/** Split and list: the left and the right vectors as bit matrices, a row for each half-assignment, a column a clause. */
import { getBit, type BitMatrix } from 'seth-attention';
import { bitsOfRow, clausesIn, leftHalf } from '../focus.ts';
import { isDrawn, type Drawn, type LabStore, type View } from '../state.ts';
import { coloursNow, packed } from '../theme.ts';
import { matrixView, type Picture } from './matrix.ts';
import { one, pointing } from './pointing.ts';

type Sides = Readonly<Record<'left' | 'right', HTMLElement>>;

export const splitViews = (hosts: Sides, captions: Sides, store: LabStore): View[] =>
  (['left', 'right'] as const).map((side) => sideView(hosts[side], captions[side], side, store));

function sideView(host: HTMLElement, caption: HTMLElement, side: keyof Sides, store: LabStore): View {
  const { to, left, pin } = pointing(store);
  const view = matrixView(host, {
    height: 300,
    square: false,
    pointed: (row, clause) => to({ [side]: row, clause }),
    left,
    pin,
  });
  return {
    draw(state) {
      if (!isDrawn(state)) return;
      const { names, cnf } = state.shown;
      const half = leftHalf(cnf.variables);
      const own = side === 'left' ? names.slice(0, half) : names.slice(half);
      caption.textContent =
        own.length === 0 ? '' : `: ${own.length > 4 ? `${own[0]} … ${own.at(-1)}` : own.join(', ')}`;
      view.draw(pictureOf(state, side));
    },
    light(state) {
      if (!isDrawn(state)) return;
      view.light({ rows: one(state.focus[side]), columns: clausesIn(state) });
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
    ...pixelsOf(matrix),
    rowLabel: (row) => bitsOfRow(row, half),
    columnLabel: (column) => String(column + 1),
    textsOf: shown,
    label: `${side} vectors: ${matrix.rows} assignments of ${half} variables by ${matrix.columns} clauses; arrow keys move`,
  };
}

function pixelsOf(matrix: BitMatrix): Pick<Picture, 'pixels' | 'strength'> {
  const { low, high } = coloursNow();
  const tones = [packed(low), packed(high)] as const;
  const strength = new Uint8Array(matrix.rows * matrix.columns);
  const pixels = new Uint32Array(strength.length);
  for (let at = 0; at < strength.length; at++) {
    strength[at] = getBit(matrix, Math.floor(at / matrix.columns), at % matrix.columns);
    pixels[at] = tones[strength[at] as 0 | 1];
  }
  return { pixels, strength };
}
