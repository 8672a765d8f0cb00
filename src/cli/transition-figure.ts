/**
 * The transition as an SVG figure of two panels over log₂ n: the exponent of n in the rank, and that in the
 * amplification, a line for each γ on paper, dots on the left for random matrices, whose logits are smaller than B², and
 * on the right where the linear program gives what the best readout needs. Lines differ by
 * their dashes and are labelled at their ends, so that the figure can be read in black and white. The same rows give the
 * same bytes. Drawn by Observable Plot into a document of linkedom's, optional packages that are loaded here.
 */
import type { TransitionConfig } from '../experiments/transition/config.ts';
import type { OnPaper } from '../experiments/transition/paper.ts';
import type { Planned } from '../experiments/transition/run.ts';
import { InputError } from '../problems/input-error.ts';

const fast = 'Fast side: log of the rank to base n';
const hard = 'Hard side: log of the amplification to base n';
/** The axis ends here; what is above is drawn at its end. */
const top = 4.5;
const dashes = ['none', '8 3', '2 3', '8 3 2 3', '14 4', '4 4'];
/** Height of a line of text, in units of the y axis. */
const lineHeight = 0.24;

export interface Drawn {
  readonly config: Pick<TransitionConfig, 'dimension' | 'factor'>;
  readonly paper: readonly OnPaper[];
  readonly measured: readonly Planned[];
}

interface Place {
  readonly panel: string;
  readonly log2n: number;
  readonly exponent: number;
  readonly text?: string;
}

/** Loads what draws, and gives a function from the rows of one config to SVG. Throws an `InputError` where it is not there. */
export async function transitionFigure(): Promise<(drawn: Drawn) => string> {
  const [Plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]).catch(
    (error: unknown) => {
      throw new InputError({
        code: 'package-missing',
        field: '--out',
        expected: 'the optional packages @observablehq/plot and linkedom, for the figure',
        found: error instanceof Error ? error.message : String(error),
        hint: 'install them with "npm install @observablehq/plot linkedom"',
      });
    },
  );
  const at = { fx: 'panel', x: 'log2n', y: 'exponent' };

  return ({ config: { dimension, factor }, paper: rows, measured }) => {
    const { document } = parseHTML('<!doctype html><html><body></body></html>');
    const gammas = [...new Set(rows.map(({ gamma }) => gamma))].toSorted((a, b) => a - b);
    const lines = gammas.map((gamma) => {
      const line = rows.filter((row) => row.gamma === gamma).toSorted((a, b) => a.log2n - b.log2n);
      return { gamma, line, places: [...placesOf(line, fast), ...placesOf(line, hard)] };
    });
    const programs = lines
      .flatMap(({ line }) => line)
      .flatMap(({ log2n, minimaxExponent }) =>
        minimaxExponent === null ? [] : [{ panel: hard, log2n, exponent: Math.min(top, minimaxExponent) }],
      );
    const random = measured
      .map(({ log2n, n, rank }) => ({ panel: fast, log2n, exponent: Math.log(rank) / Math.log(n) }))
      .filter(({ exponent }) => exponent <= top)
      .toSorted((a, b) => a.log2n - b.log2n || a.exponent - b.exponent);
    const both = [{ panel: fast }, { panel: hard }];
    const first = Math.min(...rows.map(({ log2n }) => log2n));
    const ticks = both.flatMap(({ panel }) =>
      [0, 1, 2, 3, 4].map((exponent) => ({ panel, log2n: first, exponent, text: String(exponent) })),
    );
    const last = Math.max(...rows.map(({ log2n }) => log2n));
    const drawn = Plot.plot({
      document,
      width: 900,
      height: 350,
      marginLeft: 40,
      marginRight: 64,
      marginTop: 34,
      marginBottom: 70,
      style: { fontFamily: 'sans-serif', fontSize: '11px' },
      fx: { label: null, domain: [fast, hard], padding: 0.24 },
      y: { axis: null, domain: [0, top] },
      marks: [
        Plot.axisFx({ anchor: 'top', fontSize: 13, tickSize: 0 }),
        Plot.axisX({ ticks: 8, label: null }),
        Plot.text(both, { fx: 'panel', text: () => 'log₂ n', frameAnchor: 'bottom', dy: 34 }),
        Plot.text(ticks, { ...at, text: 'text', textAnchor: 'end', dx: -8 }),
        Plot.ruleY([{ panel: fast }], { fx: 'panel', y: 1, strokeWidth: 0.5 }),
        Plot.text(
          [
            {
              panel: fast,
              log2n: last,
              exponent: top,
              text: 'dots: random matrices, by the bound of their logits',
            },
            {
              panel: hard,
              log2n: last,
              exponent: top,
              text: 'dots: the linear program for 1/(8n), x = 1 not counted',
            },
          ],
          { ...at, text: 'text', textAnchor: 'end', dy: 8 },
        ),
        Plot.text([{ panel: fast, log2n: last, exponent: 1, text: 'above: no faster than exact' }], {
          ...at,
          text: 'text',
          textAnchor: 'end',
          dy: -14,
        }),
        ...lines.map(({ places }, i) =>
          Plot.line(places, { ...at, strokeWidth: 1.5, strokeDasharray: dashes[i % dashes.length]! }),
        ),
        Plot.dot([...random, ...programs], { ...at, r: 1.8, fill: 'black' }),
        Plot.text([...labels(lines, fast), ...labels(lines, hard)], {
          ...at,
          text: 'text',
          textAnchor: 'start',
          dx: 5,
        }),
        Plot.frame({ anchor: 'bottom' }),
        Plot.frame({ anchor: 'left' }),
      ],
    }).outerHTML;
    const opened = drawn.indexOf('>') + 1;
    const svg = drawn
      .slice(0, opened)
      .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" role="img" ');
    const caption = `Entries up to B = ${factor === 1 ? '' : `${factor}·`}(ln n)^γ, head dimension d = ${dimension === 0.5 ? '½' : dimension}·log₂ n, error 1/n`;
    const text = `<text x="40" y="340" text-anchor="start" fill="currentColor">${caption}</text>`;
    return `${svg}<title>The transition at B = Θ(√log n)</title><rect width="100%" height="100%" fill="white"></rect>${text}${drawn.slice(opened)}\n`;
  };
}

function placesOf(line: readonly OnPaper[], panel: string): Place[] {
  return line.map(({ log2n, rankExponent, amplificationExponent }) => ({
    panel,
    log2n,
    exponent: Math.min(top, panel === fast ? rankExponent : amplificationExponent),
  }));
}

/** A label at each line's end; of lines that end close to each other they stand one above the other. */
function labels(
  lines: readonly { readonly gamma: number; readonly places: readonly Place[] }[],
  panel: string,
): Place[] {
  const ends = lines.map(({ gamma, places }) => ({
    ...places.findLast((place) => place.panel === panel)!,
    text: `γ = ${gamma}`,
  }));
  let next = -lineHeight;
  return ends
    .toSorted((a, b) => a.exponent - b.exponent || (a.text < b.text ? -1 : 1))
    .map((end) => {
      next = Math.max(end.exponent, next + lineHeight);
      return { ...end, exponent: next };
    });
}
