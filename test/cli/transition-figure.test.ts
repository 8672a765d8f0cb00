import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { transitionFigure } from '../../src/cli/transition-figure.ts';
import { points, transitionConfig } from '../../src/experiments/transition/config.ts';
import { onPaper } from '../../src/experiments/transition/paper.ts';
import { suite } from '../support/harness.ts';

suite('src/cli/transition-figure', (test) => {
  test('the figure in the docs is what the command draws, byte for byte, and the same again; the lab has its rows', async () => {
    const config = transitionConfig(false, 1);
    const rows = points(config.paper, config).map(onPaper);
    const draw = await transitionFigure();
    const figure = draw(rows);
    assert.is(figure, readFileSync('docs/transition.svg', 'utf8'));
    assert.is(draw(rows.toReversed()), figure);
    for (const gamma of config.exponents) assert.is(figure.split(`γ = ${gamma}<`).length, 3);
    const { paper } = JSON.parse(readFileSync('docs/lab/transition.json', 'utf8')) as { paper: unknown };
    assert.equal(paper, JSON.parse(JSON.stringify(rows)), 'the lab shows another run');
  });
});
