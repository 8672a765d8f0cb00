/**
 * Flags of V8 that Node 20 needs and later ones do not. They hold for the whole process, worker threads included, and
 * for what is compiled later, which is why only the command sets them: the library leaves its user's process alone.
 *
 * - Relaxed SIMD, fused multiply-add for the cpu oracle, comes with V8 11.4; Node 20 has 11.3, where it is complete but
 *   behind a flag.
 * - MiniSat is asm.js, which V8 11.3 translates to WebAssembly as a whole before the first call: 0.3 s, where all of
 *   MiniSat as JavaScript takes a tenth of that, and is slower only on formulas that take it longer than that.
 */
import { setFlagsFromString } from 'node:v8';

/** Sets them in Node 20; later ones could complain. Call it before anything is compiled. */
export function setEngineFlags(): void {
  if (!process.versions.node.startsWith('20.')) return;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  setFlagsFromString('--no-validate-asm');
}
