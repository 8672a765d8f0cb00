/** The readout: r(s) against [s = 0], and the weights of its nodes between x_min and 1. */
import * as Plot from '@observablehq/plot';
import { asImage, type PlotElement } from '../figure.ts';
import { productOf } from '../focus.ts';
import { widthOf } from '../room.ts';
import { isDrawn, type Drawn, type LabState, type LabStore, type View } from '../state.ts';
import { indices, pointing } from './pointing.ts';

const box = { marginLeft: 46, marginRight: 12, marginTop: 18, marginBottom: 34 };

export function readoutView(hosts: Record<'response' | 'nodes', HTMLElement>, store: LabStore): View {
  const { to, left, pin } = pointing(store);
  let response: Figure | undefined;
  let nodes: Figure | undefined;

  const wire = (host: HTMLElement, figure: () => Figure | undefined, focus: (at: number) => void): void => {
    host.addEventListener('pointermove', (event) => {
      const at = figure()?.nearest(event);
      if (at !== undefined) focus(at);
    });
    host.addEventListener('pointerleave', left);
    host.addEventListener('click', pin);
  };
  wire(
    hosts.response,
    () => response,
    (product) => to({ product }),
  );
  wire(
    hosts.nodes,
    () => nodes,
    (node) => to({ node }),
  );

  const draw = (state: LabState): void => {
    if (!isDrawn(state)) return;
    const room = (host: HTMLElement): number =>
      Math.max(
        220,
        widthOf(host, () => draw(store.get())),
      );
    const { degree, nodes: xs } = state.snapshot;
    response = place(hosts.response, responsePlot(state, room(hosts.response)), indices(degree + 1));
    nodes = place(hosts.nodes, nodesPlot(state, room(hosts.nodes)), xs);
  };
  return {
    draw,
    light(state) {
      if (!isDrawn(state)) return;
      const { focus } = state;
      const pair = focus.left !== undefined && focus.right !== undefined;
      response?.light(pair ? productOf(state, focus.left, focus.right) : focus.product);
      nodes?.light(focus.node);
    },
  };
}

interface Figure {
  readonly nearest: (event: PointerEvent) => number | undefined;
  readonly light: (at: number | undefined) => void;
}

/** Puts a plot in its place; its group `points` has a mark for each of `xs`, in order. */
function place(host: HTMLElement, plot: PlotElement, xs: readonly number[]): Figure {
  host.replaceChildren(plot);
  const x = plot.scale('x')!;
  const marks = [...plot.querySelectorAll('.points > *')];
  return {
    nearest: (event) => {
      const at = event.clientX - plot.getBoundingClientRect().left;
      let best: number | undefined;
      xs.forEach((value, k) => {
        if (best === undefined || Math.abs(x.apply(value) - at) < Math.abs(x.apply(xs[best]!) - at)) best = k;
      });
      return best;
    },
    light: (at) => marks.forEach((mark, k) => mark.classList.toggle('lit', k === at)),
  };
}

function responsePlot({ snapshot }: Drawn, width: number): PlotElement {
  const points = snapshot.responses.map((r, s) => ({ s, r }));
  const plot = Plot.plot({
    ...box,
    width,
    height: 170,
    x: {
      label: 'inner product s',
      domain: [-0.5, snapshot.degree + 0.5],
      ticks: Math.min(10, snapshot.degree + 1),
      tickFormat: 'd',
    },
    y: { label: 'r(s)', domain: [-0.25, 1.1], ticks: 3, grid: true },
    marks: [
      Plot.ruleY([0], { stroke: 'var(--faint)' }),
      Plot.ruleX(points, { x: 's', y1: 0, y2: 'r', stroke: 'var(--high)', strokeWidth: 1.5 }),
      Plot.dot(points, {
        x: 's',
        y: ({ s }: { s: number }) => (s === 0 ? 1 : 0),
        r: 5.5,
        stroke: 'var(--faint)',
      }),
      Plot.dot(points, { x: 's', y: 'r', r: 3, fill: 'var(--high)', className: 'points' }),
    ],
  });
  return asImage(
    plot,
    `r(0) is ${snapshot.responses[0]!.toFixed(3)} and r(s) is near 0 for s = 1 to ${snapshot.degree}`,
  );
}

/** Weights grow to 10^20: the axis is linear within ±1 and in powers of ten outside. */
function nodesPlot({ snapshot }: Drawn, width: number): PlotElement {
  const points = snapshot.nodes.map((x, k) => ({ x, w: snapshot.readout.weights[k]! }));
  const most = Math.max(10, ...points.map(({ w }) => Math.abs(w)));
  const top = 10 ** Math.floor(Math.log10(most));
  const plot = Plot.plot({
    ...box,
    width,
    height: 170,
    x: { label: 'node x', domain: [0, 1], ticks: 5 },
    y: {
      label: 'weight',
      type: 'symlog',
      domain: [-most, most],
      ticks: [-top, 0, top],
      tickFormat: power,
      grid: true,
    },
    marks: [
      Plot.ruleY([0], { stroke: 'var(--faint)' }),
      Plot.ruleX(points, { x: 'x', y1: 0, y2: 'w', stroke: 'var(--high)', strokeWidth: 1.5 }),
      Plot.dot(points, {
        x: 'x',
        y: 'w',
        r: 3,
        fill: ({ w }: { w: number }) => (w < 0 ? 'var(--paper)' : 'var(--high)'),
        stroke: 'var(--high)',
        className: 'points',
      }),
    ],
  });
  return asImage(
    plot,
    `${points.length} nodes from x = ${Math.min(...snapshot.nodes).toPrecision(3)} to 1, weights up to ${most.toPrecision(2)}`,
  );
}

const power = (w: number): string => {
  if (w === 0) return '0';
  const digits = String(Math.round(Math.log10(Math.abs(w)))).replaceAll(
    /\d/g,
    (c) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)]!,
  );
  return `${w < 0 ? '−' : ''}10${digits}`;
};
