/**
 * Fused multiply-add for the cpu oracle. V8 ships relaxed SIMD from 11.4 on; Node 20 has 11.3, where it is complete
 * but behind a flag. The flag holds for the whole process, worker threads included, and for what is compiled later,
 * which is why only the command sets it: the library leaves its user's process alone.
 */
import { setFlagsFromString } from 'node:v8';

/** Turns it on in Node 20; a flag that later ones do not know would make them complain. Call it before anything is compiled. */
export function allowRelaxedSimd(): void {
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
}
