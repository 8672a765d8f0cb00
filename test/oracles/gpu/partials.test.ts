import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { addPartial, newPartials, quotients } from '../../../src/oracles/gpu/partials.ts';
import { suite } from '../../support/harness.ts';
import { numbers } from '../cases.ts';

const addend = fc.tuple(fc.integer({ min: -(2 ** 20), max: 2 ** 20 }), fc.integer({ min: -60, max: 60 }));

suite('oracles/gpu/partials', (test) => {
  test('sums of numbers times powers of two are right to two units, in any order', () =>
    fc.assert(
      fc.property(fc.array(addend, { minLength: 1, maxLength: 40 }), (addends) => {
        const partials = newPartials(1, 2);
        addPartial(partials, 0, 1, 5);
        for (const [x, e] of addends) addPartial(partials, 1, x, e);
        const into = new Float64Array(3);
        quotients(partials, 0, into, 2);
        const exact = addends.reduce((sum, [x, e]) => sum + (BigInt(x) << BigInt(e + 60)), 0n);
        const size = addends.reduce((sum, [x, e]) => sum + Math.abs(x) * 2 ** e, 0);
        const off = Math.abs(into[2]! * 32 - Number(exact) * 2 ** -60);
        assert.ok(off <= 4 * 2 ** -53 * Math.abs(Number(exact) * 2 ** -60) + 2 ** -100 * size);
      }),
    ));

  test('addends far apart, and results beyond float64, are what they should be', () => {
    const partials = newPartials(1, 4);
    addPartial(partials, 0, 1.5, 2e9);
    addPartial(partials, 0, 1, -2e9);
    addPartial(partials, 1, 3, 2e9 - 1060);
    addPartial(partials, 2, 3, -2e9);
    addPartial(partials, 3, 2 ** -60, 2e9 + 1060);
    const into = new Float64Array(3);
    quotients(partials, 0, into, 0);
    assert.is(into[0], 2 ** -1059);
    assert.is(into[1], 0);
    assert.is(into[2], 2 ** 1000 / 1.5);
  });

  test('thousands of roundings leave two units', () => {
    const next = numbers(9);
    const partials = newPartials(1, 2);
    addPartial(partials, 0, 1, 0);
    let exact = 0n;
    for (let i = 0; i < 5000; i++) {
      const x = Math.floor(next() * 2 ** 53);
      exact += BigInt(x) << BigInt(i % 7);
      addPartial(partials, 1, x * 2 ** -53, i % 7);
    }
    const into = new Float64Array(1);
    quotients(partials, 0, into, 0);
    const off = Math.abs(Number(BigInt(into[0]! * 2 ** 53) - exact));
    assert.ok(off <= 2 * 2 ** -53 * Number(exact), `${off}`);
  });
});
