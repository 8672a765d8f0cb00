import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { isModel } from '../../../src/problems/cnf.ts';
import type { Assignment, Cnf } from '../../../src/problems/cnf.ts';
import type { Generated, Parameters } from '../../../src/problems/families/family.ts';
import { families } from '../../../src/problems/families/families.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { allModels, countModels } from '../../../src/solvers/brute-force.ts';
import { suite } from '../../support/harness.ts';
import { generate as again } from '../../support/instances.ts';

const make = (name: string, params: Parameters, seed = 1): Generated =>
  families[name]!.generate(params, seed);

function refused(name: string, params: Parameters, code: string, field: string): void {
  assert.throws(
    () => make(name, params),
    (error: unknown) =>
      error instanceof InputError &&
      error.fault.code === code &&
      error.fault.field === field &&
      error.message.startsWith(`${field}: expected`),
    `${name} ${JSON.stringify(params)}`,
  );
}

/** The models, restricted to the variables from 1 to `n`, as the numbers of the true ones. */
const projections = (cnf: Cnf, n: number): string[] =>
  allModels(cnf).map((model) => trueOnes(model.slice(0, n)).join());

const trueOnes = (values: Assignment): number[] => values.flatMap((value, k) => (value ? [k + 1] : []));

const clausesOf = (params: Parameters): number => make('uniform', params).cnf.clauses.length;

const seeds = fc.maxSafeNat();

/** Random k-SAT's parameters, small enough to try every assignment. */
const ksat = fc
  .record({
    variables: fc.integer({ min: 1, max: 10 }),
    clauses: fc.nat(40),
    width: fc.integer({ min: 1, max: 5 }),
  })
  .filter(({ variables, width }) => width <= variables);

suite('problems/families', (test) => {
  for (const [name, { parameters, seeded, description }] of Object.entries(families)) {
    test(`${name} describes itself, and its defaults lie within its ranges`, () => {
      assert.ok(description.length > 20);
      for (const { name, type, min, max, description, default: value } of parameters) {
        assert.match(name, /^[a-z]+$/);
        assert.ok(description.length > 0 && min <= max);
        if (value !== undefined) assert.ok(value >= min && value <= max, name);
        if (type === 'integer') assert.ok([min, max, value ?? 0].every(Number.isInteger), name);
      }
      assert.ok(make(name, {}).cnf.clauses.length > 0);
    });

    test(`${name} makes the same formula from the same seed, and ${seeded ? 'another from another' : 'from any'}`, () => {
      assert.equal(make(name, {}, 5), make(name, {}, 5));
      assert.is(JSON.stringify(make(name, {}, 5).cnf) === JSON.stringify(make(name, {}, 6).cnf), !seeded);
    });

    test(`${name} names every parameter that it refuses`, () => {
      for (const { name: field, type, min, max } of parameters) {
        for (const value of [min - 1, max + 1, NaN, Infinity]) {
          refused(name, { [field]: value }, 'parameter-out-of-range', field);
        }
        if (type === 'integer') refused(name, { [field]: min + 0.5 }, 'parameter-out-of-range', field);
      }
      refused(name, { colour: 1 }, 'unknown-parameter', 'colour');
    });

    test(`${name} puts the command that makes it again into its comments, one line a comment, in ASCII`, () => {
      const made = make(name, {}, 3);
      const command = made.comments.find((comment) => comment.startsWith('seth random '))!;
      const { cnf, comments } = again(command);
      assert.equal({ cnf, comments }, { cnf: made.cnf, comments: made.comments });
      assert.is(command.includes('--seed 3'), seeded);
      assert.ok(made.comments.every((comment) => /^[ -~]+$/.test(comment)));
    });
  }

  test('a uniform clause has k different variables of the formula', () => {
    fc.assert(
      fc.property(ksat, seeds, (params, seed) => {
        const { variables, clauses } = make('uniform', params, seed).cnf;
        assert.equal([variables, clauses.length], [params.variables, params.clauses]);
        assert.ok(clauses.every((clause) => new Set(clause.map(Math.abs)).size === params.width));
        assert.ok(clauses.flat().every((l) => Math.abs(l) >= 1 && Math.abs(l) <= variables));
      }),
    );
  });

  test('uniform literals are negated half of the time, and variables come up equally often', () => {
    const literals = make('uniform', { variables: 10, clauses: 10000 }).cnf.clauses.flat();
    const times = (want: (literal: number) => boolean): number => literals.filter(want).length;
    assert.ok(Math.abs(times((l) => l > 0) - 15000) < 6 * Math.sqrt(30000 / 4));
    for (let x = 1; x <= 10; x++)
      assert.ok(Math.abs(times((l) => Math.abs(l) === x) - 3000) < 6 * Math.sqrt(2700));
  });

  test('the number of clauses is given, or follows from the ratio, or from the default ratio', () => {
    assert.is(clausesOf({ variables: 20, clauses: 17 }), 17);
    assert.is(clausesOf({ variables: 30, ratio: 4.26 }), 128);
    assert.is(clausesOf({ variables: 20 }), 91);
    assert.is(clausesOf({ clauses: 0 }), 0);
  });

  test('clauses and ratio together, and more literals than variables, are refused', () => {
    for (const name of ['uniform', 'planted']) {
      refused(name, { clauses: 10, ratio: 2 }, 'conflicting-parameters', 'ratio');
      refused(name, { variables: 3, width: 4 }, 'parameter-too-large', 'width');
    }
  });

  test('the planted assignment is a model, stands in the comments, and clauses are as uniform as it allows', () => {
    fc.assert(
      fc.property(ksat, seeds, (params, seed) => {
        const { cnf, known, comments } = make('planted', params, seed);
        assert.ok(isModel(cnf, known!.planted!));
        assert.is(known!.satisfiable, true);
        const literals = known!.planted!.map((value, k) => (value ? k + 1 : -(k + 1)));
        assert.ok(comments.includes(`planted ${literals.join(' ')}`));
        assert.is(cnf.clauses.length, params.clauses);
        assert.ok(cnf.clauses.every((clause) => new Set(clause.map(Math.abs)).size === params.width));
      }),
    );
    const drawn = make('planted', { variables: 1000, clauses: 1 }).known!.planted!;
    assert.ok(Math.abs(trueOnes(drawn).length - 500) < 6 * Math.sqrt(250));
    const { cnf, known } = make('planted', { variables: 5, clauses: 7000 });
    const trueLiterals = cnf.clauses.map(
      (clause) => clause.filter((l) => known!.planted![Math.abs(l) - 1] === l > 0).length,
    );
    // Of the 7 sign patterns that are left, 3 have one true literal, 3 have two and 1 has three.
    for (const [count, expected] of [
      [0, 0],
      [1, 3000],
      [2, 3000],
      [3, 1000],
    ] as const) {
      const seen = trueLiterals.filter((n) => n === count).length;
      assert.ok(Math.abs(seen - expected) <= 6 * Math.sqrt(7000 / 4), `${count} true: ${seen}`);
    }
  });

  test('what a family knows of its formula is so', () => {
    const small: Record<string, fc.Arbitrary<Parameters>> = {
      uniform: ksat,
      planted: ksat,
      pigeonhole: fc.record({ holes: fc.integer({ min: 1, max: 3 }) }),
      parity: fc.record({ length: fc.integer({ min: 1, max: 8 }), parity: fc.nat(1) }),
      colouring: fc
        .record({
          vertices: fc.integer({ min: 1, max: 5 }),
          edges: fc.nat(10),
          colours: fc.integer({ min: 1, max: 3 }),
        })
        .filter(({ vertices, edges }) => edges <= (vertices * (vertices - 1)) / 2),
      ladder: fc.record({ size: fc.integer({ min: 1, max: 8 }) }),
      sequential: fc.record({ size: fc.integer({ min: 1, max: 8 }) }),
      teaching: fc.record({ formula: fc.integer({ min: 1, max: 6 }) }),
    };
    assert.equal(Object.keys(small), Object.keys(families));
    for (const [name, params] of Object.entries(small)) {
      fc.assert(
        fc.property(params, seeds, (params, seed) => {
          const { cnf, known } = make(name, params, seed);
          const models = countModels(cnf);
          if (known?.models !== undefined)
            assert.is(known.models, models, `${name} ${JSON.stringify(params)}`);
          if (known?.satisfiable !== undefined) assert.is(known.satisfiable, models > 0n, name);
          if (!['uniform', 'planted'].includes(name)) assert.ok(known?.models !== undefined, name);
        }),
        { numRuns: 40 },
      );
    }
  });

  test('a ladder says exactly one, each once', () => {
    for (const n of [1, 2, 3, 6]) {
      const each = Array.from({ length: n }, (_, k) => String(k + 1));
      assert.equal(projections(make('ladder', { size: n }).cnf, n).toSorted(), each.toSorted());
    }
  });

  test('a sequential counter says at most one, and none in n ways', () => {
    for (const n of [1, 2, 3, 6]) {
      const each = Array.from({ length: n }, (_, k) => String(k + 1));
      const none = Array.from({ length: n }, () => '');
      assert.equal(
        projections(make('sequential', { size: n }).cnf, n).toSorted(),
        [...each, ...none].toSorted(),
      );
    }
  });

  test('a parity chain has every assignment of the right parity, once', () => {
    for (const [n, parity] of [
      [1, 0],
      [2, 1],
      [3, 0],
      [6, 1],
    ] as const) {
      const models = allModels(make('parity', { length: n, parity }).cnf).map((model) => model.slice(0, n));
      assert.ok(models.every((model) => trueOnes(model).length % 2 === parity));
      assert.is(new Set(models.map((model) => trueOnes(model).join())).size, 2 ** (n - 1));
      assert.is(models.length, 2 ** (n - 1));
    }
  });

  test('the colourings of a complete graph are the permutations, and an edgeless one takes any colours', () => {
    assert.is(make('colouring', { vertices: 3, edges: 3, colours: 3 }).known!.models, 6n);
    assert.is(make('colouring', { vertices: 4, edges: 6, colours: 3 }).known!.models, 0n);
    assert.is(make('colouring', { vertices: 4, edges: 0, colours: 3 }).known!.models, 81n);
    assert.is(make('colouring', { vertices: 30, edges: 40, colours: 3 }).known, undefined);
  });

  test('the edges of a graph are different pairs of different vertices, as its comments list them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(28), seeds, (vertices, wanted, seed) => {
        const edges = Math.min(wanted, (vertices * (vertices - 1)) / 2);
        const { comments } = make('colouring', { vertices, edges, colours: 2 }, seed);
        const listed = comments
          .find((comment) => comment.startsWith('edges'))!
          .split(' ')
          .slice(1);
        const pairs = listed.filter((pair) => pair !== '').map((pair) => pair.split('-').map(Number));
        assert.is(new Set(listed.filter((pair) => pair !== '')).size, edges);
        assert.ok(pairs.every(([u, w]) => u! >= 1 && u! < w! && w! <= vertices));
      }),
    );
  });

  test('more edges than a complete graph has are refused', () => {
    refused('colouring', { vertices: 4, edges: 7 }, 'parameter-too-large', 'edges');
  });

  test('pigeonhole has the clauses of SATCH: 6 variables and 9 clauses for 2 holes, 20 and 45 for 4', () => {
    assert.equal(
      [1, 2, 3, 4].map((holes) => {
        const { cnf } = make('pigeonhole', { holes });
        return [cnf.variables, cnf.clauses.length];
      }),
      [
        [2, 3],
        [6, 9],
        [12, 22],
        [20, 45],
      ],
    );
  });

  test('teaching formulas have three to six variables', () => {
    for (let formula = 1; formula <= 6; formula++) {
      const { variables } = make('teaching', { formula }).cnf;
      assert.ok(variables >= 3 && variables <= 6);
    }
    refused('teaching', { formula: 7 }, 'parameter-out-of-range', 'formula');
  });
});
