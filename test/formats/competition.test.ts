import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { competitionLines } from '../../src/formats/competition.ts';
import { suite } from '../support/harness.ts';

suite('src/formats/competition', (test) => {
  test('yes is the status, the model and the count', () => {
    assert.is(
      competitionLines({ outcome: 'yes', witness: [true, false, true], count: 2n ** 70n }),
      's SATISFIABLE\nv 1 -2 3 0\nc s type mc\nc s exact arb int 1180591620717411303424\n',
    );
  });

  test('a route that cannot count prints no count, and a model of nothing is a 0', () => {
    assert.is(competitionLines({ outcome: 'yes', witness: [], count: null }), 's SATISFIABLE\nv 0\n');
  });

  test('no is the status and a count of 0', () => {
    assert.is(competitionLines({ outcome: 'no' }), 's UNSATISFIABLE\nc s type mc\nc s exact arb int 0\n');
  });

  test('inconclusive is unknown, with the reason and the remedy as comments', () => {
    assert.is(
      competitionLines({ outcome: 'inconclusive', reason: 'noise 0.7\nin row 3', remedy: 'use --bound 14' }),
      'c noise 0.7\nc in row 3\nc use --bound 14\ns UNKNOWN\n',
    );
  });

  test('the v lines are full, at most 78 wide, and together the model and one 0', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 400, size: 'max' }), (witness) => {
        const lines = competitionLines({ outcome: 'yes', witness, count: 1n })
          .split('\n')
          .filter((line) => line.startsWith('v'));
        const numbers = lines.flatMap((line) => line.slice(2).split(' ').map(Number));
        assert.equal(numbers, [...witness.map((value, k) => (value ? k + 1 : -k - 1)), 0]);
        lines.forEach((line, l) => {
          assert.ok(/^v( -?\d+)+$/.test(line) && line.length <= 78);
          const next = lines[l + 1]?.split(' ')[1];
          if (next !== undefined) assert.ok(`${line} ${next}`.length > 78, 'a line that had room');
        });
      }),
    );
  });
});
