/** The readout: r(s) against [s = 0], and the weights of its nodes between x_min and 1. */
import { scaleLinear, scaleSymlog } from 'd3-scale';
import { productOf } from '../focus.ts';
import { counted } from '../numbers.ts';
import { isDrawn, type Drawn, type LabStore, type View } from '../state.ts';
import { one, pointing } from './pointing.ts';
import { stemPlot, type Drawing } from './stems.ts';

/** The plot of r(s). */
export function responseView(host: HTMLElement, store: LabStore): View {
  const { to, left, pin } = pointing(store);
  const plot = stemPlot(host, 170, { pointed: (product) => to({ product }), left, pin });
  return {
    draw(state) {
      if (isDrawn(state)) plot.draw(responses(state));
    },
    light(state) {
      if (!isDrawn(state)) return;
      const { focus } = state;
      const pair = focus.left !== undefined && focus.right !== undefined;
      plot.light(one(pair ? productOf(state, focus.left, focus.right) : focus.product));
    },
  };
}

/** The plot of the weights at the nodes. */
export function nodesView(host: HTMLElement, store: LabStore): View {
  const { to, left, pin } = pointing(store);
  const plot = stemPlot(host, 170, { pointed: (node) => to({ node }), left, pin });
  return {
    draw(state) {
      if (isDrawn(state)) plot.draw(weights(state));
    },
    light: ({ focus }) => plot.light(one(focus.node)),
  };
}

function responses({ snapshot }: Drawn): Drawing {
  const { responses, degree } = snapshot;
  const x = scaleLinear([-0.5, degree + 0.5], []);
  const [lowest, highest] = [-0.25, 1.1];
  return {
    x: {
      label: 'inner product s',
      scale: x,
      ticks: x.ticks(Math.min(10, degree + 1)).filter(Number.isInteger),
      tickText: String,
    },
    y: {
      label: 'r(s)',
      scale: scaleLinear([lowest, highest], []).clamp(true),
      ticks: [0, 0.5, 1],
      tickText: String,
    },
    stems: responses.map((r, s) => ({
      x: s,
      from: 0,
      to: r,
      y: r,
      ...(r > highest ? { beyond: 'above' } : r < lowest ? { beyond: 'below' } : {}),
    })),
    targets: responses.map((_, s) => (s === 0 ? 1 : 0)),
    widest: 2,
    text: `r(0) is ${responses[0]!.toFixed(3)} and r(s) is near 0 for s = 1 to ${degree}`,
  };
}

/** Weights grow to 10^20: the axis is linear within ±1 and in powers of ten outside. */
function weights({ snapshot }: Drawn): Drawing {
  const { nodes, readout } = snapshot;
  const most = Math.max(10, ...readout.weights.map(Math.abs));
  const top = 10 ** Math.floor(Math.log10(most));
  return {
    x: {
      label: 'node x',
      scale: scaleLinear([0, 1], []),
      ticks: [0, 0.2, 0.4, 0.6, 0.8, 1],
      tickText: String,
    },
    y: { label: 'weight', scale: scaleSymlog([-most, most], []), ticks: [-top, 0, top], tickText: power },
    stems: nodes.map((x, k) => {
      const w = readout.weights[k]!;
      return { x, from: 0, to: w, y: w, ...(w < 0 ? { kind: 'hollow' } : {}) };
    }),
    widest: 2,
    text: `${counted(nodes.length, 'node')} from x = ${Math.min(...nodes).toPrecision(3)} to 1, weights up to ${most.toPrecision(2)}`,
  };
}

const power = (w: number): string => {
  if (w === 0) return '0';
  const digits = String(Math.round(Math.log10(Math.abs(w)))).replaceAll(
    /\d/g,
    (c) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)]!,
  );
  return `${w < 0 ? '−' : ''}10${digits}`;
};
