/** A matrix of the formula's chain: drawn when there is one, and what is pointed at in it is pointed at everywhere. */
import type { Focus } from '../focus.ts';
import { isDrawn, type Drawn, type LabStore, type View } from '../state.ts';
import { matrixView, type Lit, type Picture } from './matrix.ts';
import { pointing } from './pointing.ts';

export interface DrawnMatrix {
  readonly square: boolean;
  /** What row and column stand for. */
  readonly pointed: (row: number, column: number) => Focus;
  readonly pictureOf: (state: Drawn) => Picture;
  readonly litOf: (state: Drawn) => Lit;
}

export function drawnMatrix(
  host: HTMLElement,
  store: LabStore,
  { square, pointed, pictureOf, litOf }: DrawnMatrix,
): View {
  const { to, left, pin } = pointing(store);
  const matrix = matrixView(host, {
    height: 330,
    square,
    pointed: (row, column) => to(pointed(row, column)),
    left,
    pin,
  });
  return {
    draw(state) {
      if (isDrawn(state)) matrix.draw(pictureOf(state));
    },
    light(state) {
      if (isDrawn(state)) matrix.light(litOf(state));
    },
  };
}
