/**
 * Plans cost up to two seconds and depend on little: kind, n, D, d, scale, format and the claimed error. They are kept
 * for the life of the process, and those that the examples, tests and suites need ship with the package. What is
 * remembered is B, nodes and weights; bias, noise and the verdict are recomputed, so that a wrong entry costs time
 * and never a wrong answer.
 */
import { evaluatePlan, plan, type Demand, type Plan } from './planner.ts';
import type { Readout } from './readout.ts';
import { shipped } from './shipped.ts';

const remembered = new Map<string, Readout>();

/** As `plan`, from memory where it can be. A demand with a mass of its own is always planned afresh. */
export function recallPlan(demand: Demand): Plan {
  if (demand.mass !== undefined) return plan(demand);
  const key = planKey(demand);
  const known = remembered.get(key) ?? shippedPlan(demand, key);
  if (known !== undefined) {
    const recalled = evaluatePlan(demand, known);
    if (recalled.certified || demand.bound !== undefined) return recalled;
  }
  const made = plan(demand);
  remembered.set(key, made.readout);
  return made;
}

/** Everything that a plan depends on; the claimed error, which is a function, by its values at two logits. */
export function planKey({ kind, keys, degree, scale, headDim, dtype, error, bound }: Demand): string {
  const claims = [0, 64].map((maxLogit) => error(2 * keys, maxLogit).relative);
  return [kind, dtype, keys, degree, headDim, scale, ...claims, bound ?? 'smallest'].join(' ');
}

/** A readout as it ships: base64 of float64s, B, the weight at 1, the scales, the weights. Little-endian. */
export function pack({ bound, weightAtOne, scales, weights }: Readout): string {
  const view = new DataView(new ArrayBuffer(8 * (2 + 2 * scales.length)));
  [bound, weightAtOne, ...scales, ...weights].forEach((x, at) => view.setFloat64(8 * at, x, true));
  return btoa(String.fromCharCode(...new Uint8Array(view.buffer)));
}

function shippedPlan(demand: Demand, key: string): Readout | undefined {
  const packed = shipped[key];
  return packed === undefined ? undefined : unpack(demand, packed);
}

/** The readout that `pack` made text of, with what the text leaves out. */
export function unpack(
  { kind, degree, scale }: Pick<Readout, 'kind' | 'degree' | 'scale'>,
  packed: string,
): Readout {
  const view = new DataView(Uint8Array.from(atob(packed), (character) => character.charCodeAt(0)).buffer);
  const [bound, weightAtOne, ...rest] = Array.from({ length: view.byteLength / 8 }, (_, at) =>
    view.getFloat64(8 * at, true),
  ) as [number, number, ...number[]];
  const nodes = rest.length / 2;
  return {
    kind,
    degree,
    bound,
    scale,
    scales: rest.slice(0, nodes),
    weights: rest.slice(nodes),
    weightAtOne,
  };
}
