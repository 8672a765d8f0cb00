/** The decoded counts: what was read for each left vector, how far it may be off, and the integers it must choose from. */
import { scaleLinear } from 'd3-scale';
import { vectorsIn } from '../focus.ts';
import { counted } from '../numbers.ts';
import { isDrawn, type Drawn, type LabStore, type View } from '../state.ts';
import { pointing } from './pointing.ts';
import { stemPlot, type Drawing } from './stems.ts';

export function countsView(host: HTMLElement, store: LabStore): View {
  const { to, left, pin } = pointing(store);
  const plot = stemPlot(host, 220, { pointed: (row) => to({ left: row }), left, pin });
  return {
    draw(state) {
      if (isDrawn(state)) plot.draw(counts(state));
    },
    light(state) {
      if (isDrawn(state)) plot.light(vectorsIn(state, 'left'));
    },
  };
}

function counts({ snapshot }: Drawn): Drawing {
  const { estimates, margins, left } = snapshot;
  const certain = (i: number): boolean => margins[i]! < 0.5;
  // The axis fits what is certified, or else what there can be; bars beyond it are cut.
  let top = 1;
  estimates.forEach((read, i) => (top = Math.max(top, certain(i) ? read : 0)));
  const lowest = -0.7;
  const highest = Math.ceil(top) + 0.7;
  const inside = (value: number): number =>
    Math.max(lowest, Math.min(highest, Number.isNaN(value) ? 0 : value));
  const x = scaleLinear([-0.7, left.rows - 0.3], []);
  const y = scaleLinear([lowest, highest], []);
  const open = margins.filter((_, i) => !certain(i)).length;
  return {
    x: {
      label: 'left vector i',
      scale: x,
      ticks: x.ticks(Math.min(left.rows, 8)).filter(Number.isInteger),
      tickText: String,
    },
    y: {
      label: 'partners read, ± bias + noise',
      scale: y,
      ticks: y.ticks(Math.min(8, Math.ceil(top) + 1)).filter(Number.isInteger),
      tickText: String,
    },
    stems: Array.from(estimates, (read, i) => ({
      x: i,
      from: inside(read - margins[i]!),
      to: inside(read + margins[i]!),
      y: inside(read),
      ...(certain(i) ? {} : { kind: 'open' }),
      ...(read > highest ? { beyond: 'above' } : read < lowest ? { beyond: 'below' } : {}),
    })),
    widest: 6,
    text: `${counted(left.rows, 'count')}, ${open === 0 ? 'all certified' : `${open} of them open`}`,
  };
}
