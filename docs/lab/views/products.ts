/** The table of inner products: orthogonal pairs, the models, are lit. */
import { bitsOfRow, leftHalf, modelsOf, vectorsIn } from '../focus.ts';
import type { Drawn, LabStore, View } from '../state.ts';
import { coloursNow, packed, ramp } from '../theme.ts';
import { drawnMatrix } from './drawn-matrix.ts';
import type { Lit, Picture } from './matrix.ts';
import { indices } from './pointing.ts';

/** Of more entries than this only bands are lit. */
const mostCells = 4096;

export const productsView = (host: HTMLElement, store: LabStore): View =>
  drawnMatrix(host, store, { square: true, pointed: (i, j) => ({ left: i, right: j }), pictureOf, litOf });

function pictureOf({ snapshot, shown }: Drawn): Picture {
  const { products, left, right, degree, histogram } = snapshot;
  const { low, high, lit } = coloursNow();
  const tones = ramp(low, high);
  // Only to half of the ramp: the lit ones are to stand out, in grey as well.
  const colours = indices(degree + 1).map((s) =>
    s === 0 ? packed(lit) : tones[Math.round((140 * (s - 1)) / Math.max(1, degree - 1))]!,
  );
  const { variables } = shown.cnf;
  const pixels = new Uint32Array(products.length);
  products.forEach((s, at) => (pixels[at] = colours[s]!));
  return {
    rows: left.rows,
    columns: right.rows,
    pixels,
    strength: products.map((s) => 255 - s),
    spots: modelsOf(snapshot),
    text: (i, j) => String(products[i * right.rows + j]),
    strong: (i, j) => products[i * right.rows + j] === 0,
    rowLabel: (i) => bitsOfRow(i, leftHalf(variables)),
    textsOf: shown,
    label: `inner products, ${left.rows} by ${right.rows}: ${histogram[0]} pairs are orthogonal; arrow keys move`,
  };
}

function litOf(state: Drawn): Lit {
  const { snapshot, focus } = state;
  const { right, products } = snapshot;
  if (focus.product === undefined || products.length > mostCells || focus.left !== undefined)
    return { rows: vectorsIn(state, 'left'), columns: vectorsIn(state, 'right') };
  return {
    cells: indices(products.length, (at) => products[at] === focus.product).map((at) => [
      Math.floor(at / right.rows),
      at % right.rows,
    ]),
  };
}
