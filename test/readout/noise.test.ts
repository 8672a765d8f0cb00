import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { countNoise, readMass, readShare } from '../../src/readout/noise.ts';
import { thresholdReadout } from '../../src/readout/threshold.ts';
import { suite } from '../support/harness.ts';

/** What an output can be when the true one is y and the claim is used to its end, in either direction. */
const pushed = (y: number, relative: number, absolute: number, sign: number): number =>
  y + sign * (relative * y + absolute);

/** From what the rounding of the outputs in this test itself needs. */
const relativeArb = fc.double({ min: 2 ** -40, max: 0.05, noNaN: true });
const absoluteArb = fc.double({ min: 1e-300, max: 1e-4, noNaN: true });
const massArb = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const signArb = fc.double({ min: -0.99, max: 0.99, noNaN: true });

suite('readout/noise', (test) => {
  test('the true sum is within the error that readMass states, however the claim was used', () => {
    fc.assert(
      fc.property(
        massArb,
        massArb,
        relativeArb,
        absoluteArb,
        signArb,
        (sum, pads, relative, absolute, sign) => {
          const y = pushed(sum / (sum + pads), relative, absolute, sign);
          fc.pre(y > 0 && y < 1);
          const read = readMass(y, pads, { relative, absolute });
          assert.ok(Math.abs(read.mass - sum) <= read.error, `${read.mass} ± ${read.error} for ${sum}`);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('and it is no more than 1.3 times what the claim can really do to a sum below the pads', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.double({ min: 1e-9, max: 0.05, noNaN: true }),
        (sum, relative) => {
          const y = pushed(sum / (sum + 1), relative, 0, 1);
          const read = readMass(y, 1, { relative, absolute: 0 });
          assert.ok(read.error <= 1.3 * Math.abs(read.mass - sum) + 1e-14);
        },
      ),
    );
  });

  test('an output whose claim reaches 1 tells nothing', () => {
    assert.is(readMass(0.999, 1, { relative: 0.01, absolute: 0 }).error, Infinity);
    assert.is(readMass(0.5, 1, { relative: 1, absolute: 0 }).error, Infinity);
  });

  test('the true share of a column is within the error that readShare states', () => {
    fc.assert(
      fc.property(
        massArb,
        fc.double({ min: 0, max: 1, noNaN: true }),
        massArb,
        relativeArb,
        absoluteArb,
        signArb,
        signArb,
        (sum, part, pads, relative, absolute, sign, other) => {
          const y = pushed(sum / (sum + pads), relative, absolute, sign);
          const share = pushed((part * sum) / (sum + pads), relative, absolute, other);
          fc.pre(y > 0 && y < 1 && share >= 0);
          const read = readShare(share, y, pads, { relative, absolute });
          assert.ok(Math.abs(read.mass - part * sum) <= read.error);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('the noise of a plan covers every row whose sums stay below those planned for', () => {
    fc.assert(
      fc.property(massArb, fc.double({ min: 0, max: 1, noNaN: true }), relativeArb, (sum, part, relative) => {
        const readout = thresholdReadout(5, 8, 1 / 20);
        const error = { relative: relative / 10, absolute: 0 };
        const planned = countNoise(readout, [sum], 2 * sum, 100, error);
        const y = (part * sum) / (part * sum + 2 * sum);
        assert.ok(readMass(y, 2 * sum, error).error <= planned);
      }),
    );
  });
});
