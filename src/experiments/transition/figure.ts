/**
 * The transition on paper as an SVG figure of two panels over log₂ n: the exponent of n in the rank, and that in the
 * amplification, a line for each γ. Lines differ by their dashes and are labelled at their ends, so that the figure can be
 * read in black and white. The same rows give the same bytes.
 */
import type { OnPaper } from './paper.ts';

interface Panel {
  readonly title: string;
  readonly of: (row: OnPaper) => number;
  /** The axis ends here; what is above is cut off. */
  readonly top: number;
  readonly rule?: { readonly at: number; readonly label: string };
}

const panels: readonly Panel[] = [
  {
    title: 'Fast side: log of the rank to base n',
    of: ({ rankExponent }) => rankExponent,
    top: 4.5,
    rule: { at: 1, label: 'above: no faster than exact' },
  },
  {
    title: 'Hard side: log of the amplification to base n',
    of: ({ amplificationExponent }) => amplificationExponent,
    top: 4.5,
  },
];

const size = { width: 400, height: 300 };
const margin = { left: 46, right: 66, top: 40, bottom: 46 };
const dashes = ['', '8 3', '2 3', '8 3 2 3', '14 4', '4 4'];

/** For rows of one config, in any order. */
export function transitionFigure(rows: readonly OnPaper[]): string {
  const width = panels.length * size.width;
  const drawn = panels.map(
    (panel, i) => `<g transform="translate(${i * size.width} 0)">\n${draw(panel, rows)}\n</g>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${size.height}" width="${width}" height="${size.height}" font-family="sans-serif" font-size="11" fill="black" role="img">`,
    '<title>The transition at B = √(log n), on paper</title>',
    `<rect width="${width}" height="${size.height}" fill="white"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

function draw({ title, of, top, rule }: Panel, rows: readonly OnPaper[]): string {
  const sizes = rows.map(({ log2n }) => log2n);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const right = size.width - margin.right;
  const bottom = size.height - margin.bottom;
  const x = (log2n: number): string =>
    (margin.left + ((log2n - least) / (most - least)) * (right - margin.left)).toFixed(1);
  const y = (value: number): string =>
    (bottom - (Math.min(value, top) / top) * (bottom - margin.top)).toFixed(1);

  const parts = [
    `<text x="${margin.left}" y="20" font-size="13">${title}</text>`,
    `<path d="M${margin.left} ${margin.top}V${bottom}H${right}" fill="none" stroke="black"/>`,
    `<text x="${(margin.left + right) / 2}" y="${size.height - 10}" text-anchor="middle">log₂ n</text>`,
  ];
  for (let tick = Math.ceil(least / 8) * 8; tick <= most; tick += 8) {
    parts.push(`<path d="M${x(tick)} ${bottom}v5" stroke="black"/>`);
    parts.push(`<text x="${x(tick)}" y="${bottom + 17}" text-anchor="middle">${tick}</text>`);
  }
  for (let tick = 0; tick <= top; tick++) {
    parts.push(`<path d="M${margin.left} ${y(tick)}h-5" stroke="black"/>`);
    parts.push(`<text x="${margin.left - 8}" y="${y(tick)}" dy="4" text-anchor="end">${tick}</text>`);
  }
  if (rule !== undefined) {
    parts.push(`<path d="M${margin.left} ${y(rule.at)}H${right}" stroke="black" stroke-width="0.5"/>`);
    parts.push(`<text x="${right}" y="${y(rule.at)}" dy="12" text-anchor="end">${rule.label}</text>`);
  }
  const gammas = [...new Set(rows.map(({ gamma }) => gamma))].toSorted((a, b) => a - b);
  const labels: { readonly text: string; readonly y: number }[] = [];
  gammas.forEach((gamma, i) => {
    const line = rows.filter((row) => row.gamma === gamma).toSorted((a, b) => a.log2n - b.log2n);
    const path = line.map((row) => `${x(row.log2n)} ${y(of(row))}`).join('L');
    parts.push(
      `<path d="M${path}" fill="none" stroke="black" stroke-width="1.5" stroke-dasharray="${dashes[i % dashes.length]}"/>`,
    );
    labels.push({ text: `γ = ${gamma}`, y: Number(y(of(line.at(-1)!))) });
  });
  // Of lines that end close to each other the labels stand one above the other.
  let next = Infinity;
  for (const label of labels.toSorted((a, b) => b.y - a.y || (a.text < b.text ? 1 : -1))) {
    const at = Math.min(label.y, next - 12);
    parts.push(`<text x="${right + 4}" y="${at.toFixed(1)}" dy="4">${label.text}</text>`);
    next = at;
  }
  return parts.join('\n');
}
