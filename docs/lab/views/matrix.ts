/**
 * A matrix as a picture: one image of as many pixels as it has entries, scaled to the room there is, numbers in the cells
 * where they fit, and a second canvas above it for what is lit. The arrow keys go from entry to entry.
 */
import { strongestOfBlocks } from '../blocks.ts';
import { watchWidth } from '../room.ts';
import { coloursNow, css, unpacked, type Colours } from '../theme.ts';

export interface Picture {
  readonly rows: number;
  readonly columns: number;
  /** A colour for each entry, row after row, as ImageData has them. */
  readonly pixels: Uint32Array;
  /** Where there are more entries than pixels, the strongest of a block is shown. */
  readonly strength: Uint8Array;
  /** Rare entries that matter: where cells are smaller than a spot, these are spots in their own colour. */
  readonly spots?: readonly (readonly [row: number, column: number])[];
  /** The text of an entry, where there is room for it, and whether it stands on a dark ground. */
  readonly text?: (row: number, column: number) => string;
  readonly strong?: (row: number, column: number) => boolean;
  readonly rowLabel?: (row: number) => string;
  readonly columnLabel?: (column: number) => string;
  /** What the texts are of: the same object, the same texts. */
  readonly textsOf?: object;
  /** Where the pads begin: a line is drawn before that row or column. */
  readonly pads?: { readonly row?: number; readonly column?: number };
  /** For screen readers: the whole, in a sentence. */
  readonly label: string;
}

/** What is lit: whole rows, whole columns, single entries. */
export interface Lit {
  readonly rows?: readonly number[];
  readonly columns?: readonly number[];
  readonly cells?: readonly (readonly [row: number, column: number])[];
}

export interface MatrixOptions {
  /** The largest height in CSS pixels. */
  readonly height: number;
  /** Cells are as wide as they are high. */
  readonly square: boolean;
  readonly pointed: (row: number, column: number) => void;
  readonly left: () => void;
  readonly pin: () => void;
}

export interface MatrixView {
  draw(picture: Picture): void;
  light(lit: Lit): void;
}

const largestCell = 30;
const font = 'ui-monospace, Menlo, Consolas, monospace';

interface Layout {
  readonly x: number;
  readonly y: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly width: number;
  readonly height: number;
}

export function matrixView(host: HTMLElement, options: MatrixOptions): MatrixView {
  host.classList.add('matrix');
  host.tabIndex = 0;
  host.setAttribute('role', 'application');
  host.setAttribute('aria-roledescription', 'matrix');
  const base = host.appendChild(document.createElement('canvas'));
  const over = host.appendChild(document.createElement('canvas'));
  over.className = 'over';
  const image = document.createElement('canvas');
  let picture: Picture | undefined;
  let layout: Layout | undefined;
  let cursor = { row: 0, column: 0 };
  let lit: Lit = {};
  /** The colours of what is painted; undefined before and after the size changed. */
  let painted: Colours | undefined;

  const point = (row: number, column: number): void => {
    cursor = { row, column };
    options.pointed(row, column);
  };
  over.addEventListener('pointermove', ({ offsetX, offsetY }) => {
    if (layout === undefined || picture === undefined) return;
    const row = Math.floor((offsetY - layout.y) / layout.cellHeight);
    const column = Math.floor((offsetX - layout.x) / layout.cellWidth);
    if (row >= 0 && column >= 0 && row < picture.rows && column < picture.columns) point(row, column);
  });
  over.addEventListener('pointerleave', options.left);
  over.addEventListener('click', options.pin);
  host.addEventListener('keydown', (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (picture === undefined || picture.rows * picture.columns === 0) return;
    if (event.key === 'Enter') options.pin();
    if (step === undefined) return;
    event.preventDefault();
    const inside = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));
    point(inside(cursor.row + step[0]!, picture.rows), inside(cursor.column + step[1]!, picture.columns));
  });
  host.addEventListener('blur', options.left);

  function paint(): void {
    if (picture === undefined) return;
    layout = layOut(picture, options, Math.max(80, widthNow()));
    paintBase(base, image, picture, layout);
    size(over, layout);
    paintLit(over, picture, layout, lit);
    painted = coloursNow();
  }
  const widthNow = watchWidth(host.parentElement!, paint);

  return {
    // While B is dragged most matrices stay as they are: painting them again would hold up those that do not.
    draw(next) {
      const before = picture;
      picture = next;
      host.setAttribute('aria-label', next.label);
      if (before === undefined || painted !== coloursNow() || !samePicture(before, next)) paint();
    },
    light(next) {
      if (sameLit(lit, next)) return;
      lit = next;
      if (picture !== undefined && layout !== undefined) paintLit(over, picture, layout, lit);
    },
  };
}

const samePicture = (a: Picture, b: Picture): boolean =>
  a.rows === b.rows && a.columns === b.columns && a.textsOf === b.textsOf && sameList(a.pixels, b.pixels);

const sameLit = (a: Lit, b: Lit): boolean =>
  sameList(a.rows ?? [], b.rows ?? []) &&
  sameList(a.columns ?? [], b.columns ?? []) &&
  sameList((a.cells ?? []).flat(), (b.cells ?? []).flat());

function sameList(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

function layOut(picture: Picture, { height, square }: MatrixOptions, room: number): Layout {
  const { rows, columns, rowLabel, columnLabel } = picture;
  const labels = rowLabel === undefined || rows * 11 > height ? 0 : labelWidth(rows, rowLabel);
  let cellWidth = Math.min(largestCell, (room - labels - 2) / Math.max(1, columns));
  let cellHeight = Math.min(largestCell, height / Math.max(1, rows));
  if (square) cellWidth = cellHeight = Math.min(cellWidth, cellHeight);
  if (cellWidth > 2) cellWidth = Math.floor(cellWidth * 2) / 2;
  if (cellHeight > 2) cellHeight = Math.floor(cellHeight * 2) / 2;
  const y = columnLabel !== undefined && cellWidth >= 13 ? 15 : 0;
  const x = cellHeight >= 11 ? labels : 0;
  return {
    x,
    y,
    cellWidth,
    cellHeight,
    width: Math.ceil(x + cellWidth * columns) + 1,
    height: Math.ceil(y + cellHeight * rows) + 1,
  };
}

const labelWidth = (rows: number, rowLabel: (row: number) => string): number =>
  8 + 6.7 * Math.max(0, ...Array.from({ length: rows }, (_, row) => rowLabel(row).length));

/** Painted without the graphics processor: small still pictures come sooner so. */
const open = (canvas: HTMLCanvasElement): CanvasRenderingContext2D =>
  canvas.getContext('2d', { willReadFrequently: true })!;

function size(canvas: HTMLCanvasElement, { width, height }: Layout): CanvasRenderingContext2D {
  const density = devicePixelRatio;
  const [across, down] = [Math.round(width * density), Math.round(height * density)];
  const context = open(canvas);
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

function paintBase(
  canvas: HTMLCanvasElement,
  image: HTMLCanvasElement,
  picture: Picture,
  layout: Layout,
): void {
  const { rows, columns, pixels, strength } = picture;
  const context = size(canvas, layout);
  if (rows === 0 || columns === 0) return;
  const { x, y, cellWidth, cellHeight } = layout;
  const width = columns * cellWidth;
  const height = rows * cellHeight;
  const across = Math.min(columns, Math.ceil(width * devicePixelRatio));
  const down = Math.min(rows, Math.ceil(height * devicePixelRatio));
  const shown =
    across === columns && down === rows
      ? pixels
      : strongestOfBlocks(strength, picture, { down, across }).map((at) => pixels[at]!);
  image.width = across;
  image.height = down;
  const data = new ImageData(new Uint8ClampedArray(shown.buffer as ArrayBuffer), across, down);
  open(image).putImageData(data, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(image, x, y, width, height);
  paintGrid(context, picture, layout);
  paintSpots(context, picture, layout);
  paintTexts(context, picture, layout);
}

/** The least side of an entry that matters, in CSS pixels: a room must see it on the wall. */
const spot = 4;

function paintSpots(
  context: CanvasRenderingContext2D,
  { columns, pixels, spots = [] }: Picture,
  { x, y, cellWidth, cellHeight }: Layout,
): void {
  if (cellWidth >= spot && cellHeight >= spot) return;
  const [width, height] = [Math.max(spot, cellWidth), Math.max(spot, cellHeight)];
  for (const [row, column] of spots) {
    context.fillStyle = css(unpacked(pixels[row * columns + column]!));
    context.fillRect(
      Math.round(x + (column + 0.5) * cellWidth - width / 2),
      Math.round(y + (row + 0.5) * cellHeight - height / 2),
      width,
      height,
    );
  }
}

/** Lines between cells that are large enough for them. */
function paintGrid(
  context: CanvasRenderingContext2D,
  { rows, columns, pads }: Picture,
  layout: Layout,
): void {
  const { x, y, cellWidth, cellHeight } = layout;
  context.fillStyle = css(coloursNow().paper);
  if (cellWidth >= 5)
    for (let c = 1; c < columns; c++) context.fillRect(x + c * cellWidth - 0.5, y, 1, rows * cellHeight);
  if (cellHeight >= 5)
    for (let r = 1; r < rows; r++) context.fillRect(x, y + r * cellHeight - 0.5, columns * cellWidth, 1);
  context.fillStyle = css(coloursNow().ink);
  if (pads?.column !== undefined)
    context.fillRect(x + pads.column * cellWidth - 0.75, y, 1.5, rows * cellHeight);
  if (pads?.row !== undefined)
    context.fillRect(x, y + pads.row * cellHeight - 0.75, columns * cellWidth, 1.5);
}

function paintTexts(context: CanvasRenderingContext2D, picture: Picture, layout: Layout): void {
  const { rows, columns, text, strong, rowLabel, columnLabel } = picture;
  const { x, y, cellWidth, cellHeight } = layout;
  const { ink, paper, faint } = coloursNow();
  context.textBaseline = 'middle';
  context.textAlign = 'center';
  context.font = `11px ${font}`;
  if (text !== undefined && cellWidth >= 13 && cellHeight >= 13) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        context.fillStyle = css(strong?.(r, c) === true ? paper : ink);
        context.fillText(text(r, c), x + (c + 0.5) * cellWidth, y + (r + 0.5) * cellHeight + 0.5);
      }
    }
  }
  context.fillStyle = css(faint);
  if (columnLabel !== undefined && y > 0) {
    context.font = `10px ${font}`;
    for (let c = 0; c < columns; c++) context.fillText(columnLabel(c), x + (c + 0.5) * cellWidth, y - 7);
  }
  if (rowLabel !== undefined && x > 0) {
    context.font = `11px ${font}`;
    context.textAlign = 'right';
    for (let r = 0; r < rows; r++) context.fillText(rowLabel(r), x - 5, y + (r + 0.5) * cellHeight + 0.5);
  }
}

function paintLit(canvas: HTMLCanvasElement, { rows, columns }: Picture, layout: Layout, lit: Lit): void {
  const context = open(canvas);
  const { x, y, cellWidth, cellHeight } = layout;
  context.clearRect(0, 0, layout.width, layout.height);
  const { focus, paper } = coloursNow();
  context.fillStyle = css(focus, 0.28);
  /** A line within a wider one of the page's colour: one of the two stands out from any cell. */
  const outline = (left: number, top: number, width: number, height: number, line: number): void => {
    for (const [colour, thickness] of [
      [paper, line + 2],
      [focus, line],
    ] as const) {
      context.strokeStyle = css(colour);
      context.lineWidth = thickness;
      context.strokeRect(left, top, width, height);
    }
  };
  const band = (left: number, top: number, width: number, height: number): void => {
    context.fillRect(left, top, width, height);
    outline(left + 0.5, top + 0.5, Math.max(1, width - 1), Math.max(1, height - 1), thickness);
  };
  const few = (lit.rows ?? []).length * cellHeight < 0.5 * rows * cellHeight || rows <= 2;
  const thickness = few ? 1.5 : 0.5;
  for (const [from, to] of runs(lit.rows ?? [], rows))
    band(x, y + from * cellHeight, columns * cellWidth, (to - from) * cellHeight);
  for (const [from, to] of runs(lit.columns ?? [], columns))
    band(x + from * cellWidth, y, (to - from) * cellWidth, rows * cellHeight);
  for (const [row, column] of lit.cells ?? [])
    outline(x + column * cellWidth, y + row * cellHeight, Math.max(3, cellWidth), Math.max(3, cellHeight), 2);
}

/** Increasing indices below `end` as ranges [from, to). */
export function runs(indices: readonly number[], end: number): [number, number][] {
  const found: [number, number][] = [];
  for (const index of indices) {
    if (index >= end) continue;
    const last = found.at(-1);
    if (last !== undefined && last[1] === index) last[1] = index + 1;
    else found.push([index, index + 1]);
  }
  return found;
}
