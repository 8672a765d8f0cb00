/** The two dense kernels, float64 and float32, as the host sees them: what they export, and their constants. */
import type { Kernel, Pack } from './kernel.ts';
import { rangeReduction } from './range-reduction.ts';

export interface Width {
  /** Bytes of a packed entry. */
  readonly bytes: 8 | 4;
  readonly call: 'attend' | 'attend32';
  /** Keys a tile. */
  readonly tile: number;
  readonly constantBytes: number;
  readonly scratchBytes: number;
  /** Columns that so many value columns take when packed. */
  readonly packedColumns: (valueDim: number) => number;
  readonly stateBytes: (valueDim: number) => number;
  readonly setConstants: (at: number, scale: number) => void;
  readonly packKeys: Pack;
  readonly packValues: Pack;
}

export function doubleWidth(kernel: Kernel): Width {
  return {
    bytes: 8,
    call: 'attend',
    tile: kernel.tileKeys.value,
    constantBytes: kernel.constantBytes.value,
    scratchBytes: kernel.scratchBytes.value,
    packedColumns: kernel.packedColumns,
    stateBytes: kernel.stateBytes,
    setConstants(at, scale) {
      const { perL, lHi, lLo } = rangeReduction(scale);
      kernel.setConstants(at, scale, perL, lHi, lLo);
    },
    packKeys: kernel.packKeys,
    packValues: kernel.packValues,
  };
}

/** 13 bits in lHi, so that a product with a |t| below 2^11 is exact in float32. */
export function singleWidth(kernel: Kernel): Width {
  return {
    bytes: 4,
    call: 'attend32',
    tile: kernel.tileKeys32.value,
    constantBytes: kernel.constantBytes32.value,
    scratchBytes: kernel.scratchBytes32.value,
    packedColumns: kernel.packedColumns32,
    stateBytes: kernel.stateBytes32,
    setConstants(at, scale) {
      const { perL, lHi, lLo } = rangeReduction(scale, 13);
      kernel.setConstants32(at, scale, perL, lHi, lLo);
    },
    packKeys: kernel.packKeys32,
    packValues: kernel.packValues32,
  };
}
