import { readFile } from 'node:fs/promises';
import {
  differenceEuclidean,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  filterGrayscale,
  interpolate,
  parse,
  wcagContrast,
  type Color,
} from 'culori';
import * as assert from 'uvu/assert';
import { suite } from '../support/harness.ts';

/** How the style sheet's colours look to those who see all, some or none of them. */
const visions: Readonly<Record<string, (colour: Color) => Color>> = {
  trichromacy: (colour) => colour,
  protanopia: filterDeficiencyProt(1),
  deuteranopia: filterDeficiencyDeuter(1),
  tritanopia: filterDeficiencyTrit(1),
  greyscale: filterGrayscale(1),
};

/** Distance in OKLab, where black and white are 1 apart. */
const distance = differenceEuclidean('oklab');

const sheet = await readFile('docs/lab/lab.css', 'utf8');
const themes = ['light', 'dark'] as const;

function colour(name: string, theme: (typeof themes)[number]): Color {
  const found = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\);`).exec(sheet);
  if (found === null) throw new Error(`the style sheet has no --${name} of two colours`);
  return parse(found[theme === 'light' ? 1 : 2]!)!;
}

/** The least distance that is plainly seen between neighbouring cells. */
const plain = 0.2;

suite('lab/palette', (test) => {
  test('what a matrix tells apart by colour is apart in grey and in every colour-blindness, light and dark', () => {
    for (const theme of themes) {
      const [low, high, lit, pad] = ['low', 'high', 'lit', 'pad'].map((name) => colour(name, theme)) as [
        Color,
        Color,
        Color,
        Color,
      ];
      // The table of inner products goes to 140/255 of the ramp, products.ts.
      const largest = interpolate([low, high], 'rgb')(140 / 255);
      for (const [vision, seen] of Object.entries(visions)) {
        for (const [what, one, other] of [
          ['0 and 1', low, high],
          ['an orthogonal pair and none', low, lit],
          ['an orthogonal pair and the largest product', largest, lit],
          ['nothing and a pad', low, pad],
          ['a key and a pad', high, pad],
        ] as const) {
          const apart = distance(seen(one), seen(other));
          assert.ok(apart >= plain, `${what}, ${theme}, ${vision}: ${apart.toFixed(2)} apart`);
        }
      }
    }
  });

  test('what is pointed at is outlined in two colours, one of which stands out from any cell', () => {
    for (const theme of themes) {
      for (const ground of ['low', 'high', 'lit', 'pad', 'paper']) {
        for (const [vision, seen] of Object.entries(visions)) {
          const apart = ['focus', 'paper'].map((line) =>
            distance(seen(colour(line, theme)), seen(colour(ground, theme))),
          );
          assert.ok(Math.max(...apart) >= plain, `${ground}, ${theme}, ${vision}`);
        }
      }
    }
  });

  test('whatever is written can be read: 4.5 to 1 on the page and on its cards', () => {
    for (const theme of themes)
      for (const ground of ['paper', 'panel'])
        for (const text of ['ink', 'faint', 'high', 'lit', 'focus', 'yes', 'no', 'open', 'refused']) {
          const contrast = wcagContrast(colour(text, theme), colour(ground, theme));
          assert.ok(contrast >= 4.5, `--${text} on --${ground}, ${theme}: ${contrast.toFixed(2)}`);
        }
  });
});
