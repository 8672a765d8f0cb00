/**
 * Plans cost up to two seconds and depend on little: kind, n, D, scale, format and the claimed error. They are kept
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
  const known = remembered.get(key) ?? shipped()[key];
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
