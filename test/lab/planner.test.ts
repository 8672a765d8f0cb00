import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { openChain, readoutAt, type Settings } from '../../docs/lab/chain.ts';
import { planning, type Job, type Planned } from '../../docs/lab/planner.ts';
import { families, InputError, type Cnf } from '../../src/index.ts';
import { suite } from '../support/harness.ts';

const teaching = (formula: number): Cnf => families['teaching']!.generate({ formula }, 1).cnf;
const wide = families['uniform']!.generate({ variables: 4, clauses: 60, width: 3 }, 1).cnf;
const usual: Settings = { route: 'threshold', dtype: 'f64', position: null, noise: 0, admitted: true };

const jobFor = (cnf: Cnf, position: number, settings: Settings = usual): Job => ({
  cnf,
  text: JSON.stringify(cnf),
  settings,
  position,
});

/** A planner; `rest` waits until it has nothing to do, and `during` may give it a job after so many places. */
function opened(during: (places: number) => void = () => {}): {
  readonly around: (job: Job) => void;
  readonly told: Planned[];
  readonly places: () => number;
  rest(): Promise<void>;
} {
  const told: Planned[] = [];
  let places = 0;
  const planner = planning(
    (planned) => told.push(planned),
    () => {
      during(++places);
      return Promise.resolve();
    },
  );
  return {
    around: (job) => planner.around(job),
    told,
    places: () => places,
    async rest() {
      for (let before = -1; before !== places;) {
        before = places;
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    },
  };
}

const positions = (told: readonly Planned[]): number[] => told.map(({ position }) => position);

suite('lab/planner', (test) => {
  test('every place of the slider but its own is planned once, nearest first, with the readout that the chain would make', async () => {
    const cnf = teaching(5);
    const chain = openChain(cnf);
    const last = chain.bounds.length - 1;
    for (const position of [0, 1, 40, last]) {
      const planner = opened();
      planner.around(jobFor(cnf, position));
      await planner.rest();
      const order = positions(planner.told);
      assert.equal(
        order.toSorted((a, b) => a - b),
        Array.from({ length: last + 1 }, (_, place) => place).filter((place) => place !== position),
      );
      order.slice(1).forEach((place, k) => {
        assert.ok(Math.abs(place - position) >= Math.abs(order[k]! - position), `${order[k]}, ${place}`);
      });
      for (const { text, settings, position: place, readout } of planner.told) {
        assert.is(text, JSON.stringify(cnf));
        assert.is(settings, usual);
        assert.equal(readout, readoutAt(chain, usual, place));
      }
    }
  });

  test('a job that comes takes the place of the one at work, after the place at hand, and of those that wait', async () => {
    const cnf = teaching(5);
    const planner = opened((places) => {
      if (places === 3) planner.around(jobFor(cnf, 60));
      if (places === 5) for (const position of [90, 20]) planner.around(jobFor(cnf, position));
    });
    planner.around(jobFor(cnf, 10));
    await planner.rest();
    const order = positions(planner.told);
    assert.equal(order.slice(0, 7), [9, 11, 8, 59, 61, 19, 21]);
    assert.is(order.length, openChain(cnf).bounds.length - 1);
    assert.is(planner.places(), 3 + 2 + order.length, 'places that are known are passed over, not lost');
  });

  test('nothing is told twice, whatever jobs come and when', async () => {
    const cnf = teaching(2);
    const last = openChain(cnf).bounds.length - 1;
    const jobs = fc.array(
      fc.record({
        at: fc.integer({ min: 1, max: 150 }),
        position: fc.integer({ min: 0, max: last }),
        dtype: fc.constantFrom<Settings['dtype']>('f64', 'f32'),
        noise: fc.constantFrom(0, 1e-6),
      }),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(jobs, async (later) => {
        let newest = jobFor(cnf, 30);
        let waiting = later;
        const planner = opened((places) => {
          for (const { at, position, ...changed } of waiting)
            if (at === places) planner.around((newest = jobFor(cnf, position, { ...usual, ...changed })));
        });
        planner.around(newest);
        await planner.rest();
        const told = planner.told.map(({ settings, position }) => `${settings.dtype} ${position}`);
        assert.is(new Set(told).size, told.length);
        // Noise is no part of a readout: what was planned without it is known.
        assert.ok(told.length >= last && told.length <= 2 * (last + 1));
        waiting = [];
        // All of the newest job's are there but its own place, unless an older job has told it.
        planner.around({ ...newest, position: newest.position === 0 ? 1 : 0 });
        await planner.rest();
        assert.ok(planner.told.length - told.length <= 1);
      }),
      { numRuns: 40 },
    );
  });

  test('a place without a readout is passed over, and those beyond it are planned', async () => {
    const chain = openChain(wide);
    const settings: Settings = { ...usual, route: 'interpolation', dtype: 'bf16' };
    const refused = chain.bounds.flatMap((_, place) => {
      try {
        readoutAt(chain, settings, place);
        return [];
      } catch (error) {
        assert.instance(error, InputError);
        return [place];
      }
    });
    assert.ok(refused.length > 3 && Math.max(...refused) > 20, refused.join());
    const planner = opened();
    planner.around(jobFor(wide, 50, settings));
    await planner.rest();
    const told = positions(planner.told);
    assert.equal(
      [...told, ...refused, 50].toSorted((a, b) => a - b),
      chain.bounds.map((_, place) => place),
    );
  });

  test('another formula has readouts of its own, under its own text, and one that comes back starts afresh', async () => {
    const [first, second] = [teaching(5), teaching(2)];
    const planner = opened((places) => {
      if (places === 2) planner.around(jobFor(second, 40));
      if (places === 4) planner.around(jobFor(first, 40));
      if (places === 5) planner.around(jobFor(first, 0));
    });
    planner.around(jobFor(first, 40));
    await planner.rest();
    const begun = planner.told.slice(0, 5).map(({ text, position }) => [text, position]);
    const [one, other] = [first, second].map((cnf) => JSON.stringify(cnf));
    assert.equal(begun, [
      [one, 39],
      [one, 41],
      [other, 39],
      [other, 41],
      [one, 39],
    ]);
    for (const { text, position, readout } of planner.told) {
      const chain = openChain(text === one ? first : second);
      assert.equal(readout, readoutAt(chain, usual, position));
    }
    // Once at rest it works again.
    planner.around(jobFor(second, 90));
    await planner.rest();
    assert.is(planner.told.at(-1)!.text, other);
  });
});
