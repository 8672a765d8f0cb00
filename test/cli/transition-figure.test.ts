import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { transitionFigure } from '../../src/cli/transition-figure.ts';
import { points, transitionConfig } from '../../src/experiments/transition/config.ts';
import { onPaper } from '../../src/experiments/transition/paper.ts';
import { planned, randomAttention } from '../../src/experiments/transition/run.ts';
import { polynomialOracle } from '../../src/oracles/polynomial/polynomial.ts';
import { suite } from '../support/harness.ts';

suite('src/cli/transition-figure', (test) => {
  test('the figure in the docs is what the command draws, byte for byte, and the same again; the lab has its rows', async () => {
    const config = transitionConfig(false, 1);
    const paper = points(config.paper, config).map(onPaper);
    const oracle = polynomialOracle();
    const measured = points(config.measured, config).map((point) =>
      planned(point, randomAttention(point, config.seed), oracle),
    );
    const draw = await transitionFigure();
    const figure = draw({ config, paper, measured });
    assert.is(figure, readFileSync('docs/transition.svg', 'utf8'));
    assert.is(draw({ config, paper: paper.toReversed(), measured: measured.toReversed() }), figure);
    assert.ok(figure.includes('>Entries up to B = (ln n)^γ, head dimension d = ½·log₂ n, error 1/n<'));
    const dots = (rows: typeof measured): number =>
      draw({ config, paper, measured: rows }).split('<circle').length;
    assert.is(dots(measured) - dots([]), measured.filter(({ n, rank }) => rank <= n ** 4.5).length);
    for (const gamma of config.exponents) assert.is(figure.split(`γ = ${gamma}<`).length, 3);
    const lab = JSON.parse(readFileSync('docs/lab/transition.json', 'utf8')) as { paper: unknown };
    assert.equal(lab.paper, JSON.parse(JSON.stringify(paper)), 'the lab shows another run');
  });
});
