/** Where the structured way has its things in the shared memory: rows on their way, keys by class, blocks' results. */
import type { KeyClass, PatternColumns } from './structure.ts';
import { sizeOf } from './weight-table.ts';

/** Hands out addresses, one after the other; allocates nothing. */
export interface Arena {
  take(bytes: number): number;
  /** Where all of it ends, in bytes. */
  readonly end: number;
}

export function newArena(): Arena {
  let end = 1024;
  return {
    take(bytes) {
      const at = end;
      end += Math.ceil(bytes / 64) * 64;
      return at;
    },
    get end() {
      return end;
    },
  };
}

/** Room to pack a block of rows in, as assembly/pack.ts has it; addresses in bytes. */
export interface RowRoom {
  readonly rows: number;
  readonly block: number;
  readonly general: number;
  readonly patterns: number;
  readonly patternOf: number;
  readonly known: number;
  /** Records that may be known. */
  readonly most: number;
  readonly recordOf: number;
}

/** Records that are kept from one block to the next, at least; a readout has fewer scales. */
const keptRecords = 64;

export function takeRowRoom(arena: Arena, columns: PatternColumns, rows: number): RowRoom {
  const most = rows + keptRecords;
  return {
    rows,
    most,
    block: arena.take(rows * columns.count * 8),
    general: arena.take(columns.general.length * 4),
    patterns: arena.take((rows + 1) * columns.words * 8),
    patternOf: arena.take(rows * 4),
    known: arena.take((most + 1) * recordLength(columns) * 8),
    recordOf: arena.take(rows * 4),
  };
}

/** t and the general entries. */
export const recordLength = (columns: PatternColumns): number => 1 + columns.general.length;

/** Room for what comes of a block, as assembly/average.ts has it. */
export interface ResultRoom {
  readonly tables: number;
  readonly counts: number;
  readonly sums: number;
  readonly scratch: number;
  readonly out: number;
}

export function takeResultRoom(
  arena: Arena,
  classes: readonly KeyClass[],
  degree: number,
  valueDim: number,
  scratchBytes: number,
  { rows, most }: RowRoom,
): ResultRoom {
  const size = sizeOf(1, degree);
  const patterned = classes.filter(({ factor }) => factor !== 0);
  return {
    tables: arena.take(most * tableBytes(classes, degree)),
    counts: arena.take(rows * size * 4 * patterned.length),
    sums: arena.take(rows * size * valueDim * 8 * patterned.filter(isSummed).length),
    scratch: arena.take(scratchBytes),
    out: arena.take(rows * valueDim * 8),
  };
}

/** Bytes of it that one query takes at most, for so many classes, while D is not known. */
export function resultBytes(headDim: number, valueDim: number, classes: number): number {
  const size = sizeOf(1, headDim);
  return classes * size * (4 + 8 * valueDim + 8) + 8 * valueDim;
}

export function tableBytes(classes: readonly KeyClass[], degree: number): number {
  return classes.reduce((sum, { factor }) => sum + 8 * sizeOf(factor, degree), 0);
}

/** Do values differ within the class? */
export const isSummed = ({ constant }: KeyClass): boolean => constant.some(Number.isNaN);
