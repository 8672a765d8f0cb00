import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { check } from '../../src/checker/check.ts';
import { readInstance } from '../../src/formats/instance.ts';
import { readOutput, writeOutput } from '../../src/formats/output.ts';
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.ts';
import type { Tensor } from '../../src/formats/tensor.ts';
import { roundTo } from '../../src/problems/dtype.ts';
import type { Cnf } from '../../src/problems/cnf.ts';
import type { Dtype } from '../../src/problems/dtype.ts';
import { countModels } from '../../src/solvers/brute-force.ts';
import { carefulError } from '../../src/oracles/careful-kernel.ts';
import { carryBack } from '../../src/verify/carry-back.ts';
import { prepare, type EncodeOptions } from '../../src/verify/prepare.ts';
import { damageArb } from '../formats/damage.ts';
import { cnfArb, plantedCnfArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';
import { changed, corruptions, withCount, withOutput, withTensor } from './corruptions.ts';
import { certified, plain, rehashed, type Made } from './made.ts';

/** Five variables and a pure literal; 3 of the 32 assignments are models. */
const satisfiable: Cnf = {
  variables: 5,
  clauses: [
    [1, 2],
    [-1, 3],
    [-3, -2],
    [4, 5],
    [-4, 2, 5],
    [5, -1],
    [3, 4, -5],
  ],
};

/** No assignment of variables 1 to 3 satisfies the first eight; the other two need both halves. */
const unsatisfiable: Cnf = {
  variables: 4,
  clauses: [
    [1, 3],
    [1, -3],
    [-1, 4, 2],
    [-1, 4, -2],
    [-1, -4, 3],
    [-1, -4, -3],
    [2, 3],
  ],
};

const verdict = (made: Omit<Made, 'answer'>): ReturnType<typeof check> =>
  check(made.instance, made.output, made.certificate);

const optionsArb: fc.Arbitrary<EncodeOptions> = fc.record({
  route: fc.constantFrom('threshold' as const, 'minimax' as const, 'interpolation' as const),
  dtype: fc.constantFrom<Dtype>('f64', 'f64', 'f32'),
  scaleName: fc.constantFrom('linear' as const, 'rsqrt' as const),
  witness: fc.constantFrom('scan' as const, 'columns' as const),
  prune: fc.boolean(),
  split: fc.constantFrom('order' as const, 'weight' as const),
});

const formulaArb = fc.oneof(
  cnfArb({ maxVariables: 6, maxClauses: 8 }),
  cnfArb({ maxVariables: 4, maxClauses: 40, maxWidth: 3 }),
  plantedCnfArb({ maxVariables: 6, maxClauses: 40 }).map(({ cnf }) => cnf),
);

const models = (count: bigint): string =>
  count === 0n
    ? ' is unsatisfiable if each'
    : ` has exactly ${count} model${count === 1n ? '' : 's'} if each`;

/** Does the decoder certify a number of models when the output claims this relative error? */
function isCounted(cnf: Cnf, options: EncodeOptions, output: Uint8Array, relative: number): boolean {
  const { absolute } = carefulError(options.dtype);
  const { attention, options: given } = prepare(cnf, options, () => carefulError(options.dtype));
  const [rows, columns] = [attention.q.rows, attention.v.columns];
  const { values } = readOutput(output, { rows, columns });
  const answer = carryBack(cnf, { rows, columns, values, error: { relative, absolute } }, options, given);
  return answer.outcome === 'no' || (answer.outcome === 'yes' && answer.count !== null);
}

suite('src/checker/check', (test) => {
  test('the checker is one file of at most 250 lines of code that imports nothing', () => {
    const files = readdirSync('src/checker', { recursive: true, encoding: 'utf8' });
    assert.equal(files, ['check.ts']);
    const source = readFileSync(join('src/checker', 'check.ts'), 'utf8');
    const code = source
      .replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
      .split('\n')
      .filter((line) => !/^\s*(\/\/.*)?$/.test(line));
    assert.ok(code.length <= 250 && code.length > 150, `${code.length} lines of code`);
    assert.ok(
      code.every((line) => line.length <= 110),
      'a line is too long to count as one',
    );
    assert.not.match(code.join('\n'), /\b(import|require|process|eval|Function)\b|export .* from/);
  });

  test('what decode certifies is accepted, with the number of models that brute force counts', async () => {
    const seen = { yes: 0, no: 0 };
    await fc.assert(
      fc.asyncProperty(
        formulaArb,
        optionsArb,
        fc.constantFrom('safetensors' as const, 'npy' as const),
        async (cnf, options, format) => {
          const made = await certified(cnf, options, format);
          const { accepted, reason } = await verdict(made);
          assert.ok(accepted, reason);
          const models = countModels(cnf);
          assert.match(
            reason,
            models === 0n
              ? / is unsatisfiable if each/
              : ` has exactly ${models} model${models === 1n ? '' : 's'} if each`,
          );
          assert.match(reason, `${cnf.variables} variables, ${cnf.clauses.length} clauses`);
          seen[models > 0n ? 'yes' : 'no']++;
        },
      ),
      { numRuns: 120 },
    );
    assert.ok(seen.yes > 10 && seen.no > 5, JSON.stringify(seen));
  });

  test('with an error of the reader the answer must follow for that error too, and the verdict says which was granted', async () => {
    const claimed = carefulError('f64').relative;
    for (const cnf of [satisfiable, unsatisfiable]) {
      for (const route of ['threshold', 'minimax', 'interpolation'] as const) {
        const { instance, output, certificate } = await certified(cnf, { ...plain, route });
        const verdictFor = (error: number): ReturnType<typeof check> =>
          check(instance, output, certificate, error);
        const plainly = await check(instance, output, certificate);
        assert.match(plainly.reason, `is within ${claimed}·Y + `);
        for (const error of [0, claimed / 2, claimed]) assert.equal(await verdictFor(error), plainly);
        // The errors that are accepted are those up to a largest one, for which the decoder certifies nothing more either.
        let [low, high] = [claimed, 1];
        while (high / low > 1.01) {
          const middle = Math.sqrt(low * high);
          const { accepted, reason } = await verdictFor(middle);
          if (accepted) {
            assert.is(reason, plainly.reason.replace(String(claimed), String(middle)));
            low = middle;
          } else {
            assert.match(reason, /^expected (one count for vector|outputs that stay below 1)/);
            high = middle;
          }
        }
        assert.ok(low > claimed && high < 1, `${route}: ${low}`);
        assert.ok(isCounted(cnf, { ...plain, route }, output, low / 4));
        assert.not(isCounted(cnf, { ...plain, route }, output, Math.min(0.99, 4 * high)));
        for (const error of [1, 2, Infinity, NaN]) assert.not((await verdictFor(error)).accepted);
      }
    }
  });

  test("a reader's error takes nothing from what the certificate has to arrive at", async () => {
    const made = await certified(satisfiable, { ...plain, route: 'minimax' });
    const lie = changed(made.certificate, (json) => (json['noise'] = Number(json['noise']) / 2));
    for (const error of [0, 2 * carefulError('f64').relative]) {
      assert.ok((await check(made.instance, made.output, made.certificate, error)).accepted);
      assert.match((await check(made.instance, made.output, lie, error)).reason, /^expected more noise/);
    }
  });

  test('half precision is read as it is written', async () => {
    for (const dtype of ['f16', 'bf16', 'f32'] as const) {
      for (const cnf of [satisfiable, unsatisfiable]) {
        const { accepted, reason } = await verdict(await certified(cnf, { ...plain, dtype }));
        assert.ok(accepted, `${dtype}: ${reason}`);
      }
    }
  });

  test('the dialects of DIMACS mean the same to the checker as to the reader', async () => {
    const canonical = await certified(satisfiable, plain);
    assert.ok((await verdict(canonical)).accepted);
    const clauses = satisfiable.clauses.map((clause) => clause.join(' '));
    const texts = [
      `c p cnf 9 9\r\n\tp cnf  5 7 \r\n${clauses.join(' 0\r\n')} 0\r\n`,
      `\uFEFFc x\n\np cnf 5 7\n${clauses.join(' 0 c 1 0\n')} 0c 2 0`,
      `p cnf 5 3\n${clauses.join('\n0 ')} 0\n%\n0\n\n`,
      `p\tcnf\t5\t7\n${clauses.join('\t0\t')}\t00`,
    ];
    for (const text of texts) {
      const { accepted, reason } = await verdict(await certified(satisfiable, plain, 'npy', text));
      assert.ok(accepted, `${JSON.stringify(text)}: ${reason}`);
    }
    for (const text of [
      'p cnf 5 7\n1 2',
      '1 2 0\n',
      'p cnf 5 1\n6 0\n',
      'p cnf 5 1\n1 x 0\n',
      'p cnf 5 1\n1 0\n% 2 0',
      'p cnf 5 1\n1 0\np cnf 5 1\n',
    ]) {
      const { accepted, reason } = await verdict(await certified(satisfiable, plain, 'npy', text));
      assert.not(accepted, `${text}: ${reason}`);
    }
  });

  test('a certificate of a model alone proves that there is one, and no number', async () => {
    const made = await certified(satisfiable, plain);
    const certificate = changed(made.certificate, (json) => {
      for (const field of ['error', 'halves', 'bound', 'pads', 'readout', 'bias', 'noise'])
        delete json[field];
      json['count'] = null;
    });
    const { accepted, reason } = await verdict({ ...made, certificate });
    assert.ok(accepted, reason);
    assert.match(reason, /\(5 variables, 7 clauses\) is satisfiable$/);
    const none = await certified(unsatisfiable, plain);
    const withoutCount = changed(none.certificate, (json) => (json['count'] = null));
    assert.not((await verdict({ ...none, certificate: withoutCount })).accepted);
  });

  for (const [name, corrupt] of corruptions) {
    test(`rejected: ${name}`, async () => {
      let applied = 0;
      for (const route of ['threshold', 'minimax'] as const) {
        for (const cnf of [satisfiable, unsatisfiable]) {
          const made = await certified(cnf, { ...plain, route });
          assert.ok((await verdict(made)).accepted);
          const corrupted = await corrupt(made);
          if (corrupted === undefined) continue;
          const { accepted, reason } = await verdict(corrupted);
          applied++;
          assert.not(
            accepted,
            `${route}, ${cnf === satisfiable ? 'satisfiable' : 'unsatisfiable'}: ${reason}`,
          );
        }
      }
      assert.ok(applied >= 2, 'the corruption was never applied');
    });
  }

  test('an output that is refuted is rejected whatever number of models is claimed', async () => {
    const made = await certified(satisfiable, plain);
    // Four right vectors: a vector has 0 to 4 partners.
    for (const partners of [0.5, 1.5, 4.5, 5, 9]) {
      const refuted = (await withCount(made, partners))!;
      for (let count = 0; count <= 40; count++) {
        const certificate = changed(refuted.certificate, (json) => {
          json['count'] = String(count);
          json['noise'] = (json['noise'] as number) * 100; // more than such an output needs
          if (count === 0) json['answer'] = 'UNSATISFIABLE';
        });
        const { accepted, reason } = await verdict({ ...refuted, certificate });
        assert.not(accepted, `${partners}: ${reason}`);
      }
    }
  });

  test('an assignment that falsifies no clause of its own cannot be left out, with all models of the formula', async () => {
    // x1 and x2 must hold, so all models have the last of the four left assignments.
    const cnf: Cnf = {
      variables: 4,
      clauses: [
        [1, 3],
        [1, -3],
        [2, 4],
        [2, -4],
        [3, 4, -1],
      ],
    };
    const made = await certified(cnf, plain);
    assert.ok((await verdict(made)).accepted);
    const withoutQueries = await withTensor(made, 'q', (values) =>
      values.subarray(0, (values.length / 4) * 3),
    );
    const without = await withOutput({ ...made, ...withoutQueries }, (values) => values.subarray(0, 3));
    const certificate = changed(without.certificate, (json) => {
      Object.assign(json, { answer: 'UNSATISFIABLE', count: '0' });
    });
    const { accepted, reason } = await verdict({ ...without, certificate });
    assert.not(accepted, reason);
    assert.match(reason, /^expected assignment 3 as vector 3 of q$/);
  });

  test('numbers of every format are read as they are', async () => {
    const made = await certified(satisfiable, plain);
    const rows = readInstance(made.instance).q.shape[0]!;
    for (const dtype of ['f64', 'f32', 'f16', 'bf16'] as const) {
      for (const x of [
        -(2 ** -24),
        -(3 * 2 ** -24),
        -(2 ** -14),
        -1.5 * 2 ** -10,
        -1,
        -1.25,
        -60000,
        1.0078125,
      ]) {
        const y = roundTo(dtype, x);
        const output = writeOutput(new Float64Array(rows).fill(y), rows, 1, dtype, 'safetensors');
        const certificate = await rehashed({ ...made, output });
        const { reason } = await check(made.instance, output, certificate);
        assert.is(reason, `expected outputs from 0 to 1, not ${y}`, dtype);
      }
    }
  });

  test('a certificate without any one of its fields is rejected', async () => {
    const made = await certified(satisfiable, plain);
    const paths = Object.entries(JSON.parse(made.certificate) as Record<string, unknown>).flatMap(
      ([name, value]) =>
        typeof value === 'object' && !Array.isArray(value) && value !== null
          ? [name, ...Object.keys(value).map((inner) => `${name}.${inner}`)]
          : [name],
    );
    assert.is(paths.length, 25);
    for (const path of paths.filter((path) => path !== 'tool')) {
      const [outer, inner] = path.split('.') as [string, string?];
      const certificate = changed(made.certificate, (json) => {
        if (inner === undefined) delete json[outer];
        else delete (json[outer] as Record<string, unknown>)[inner];
      });
      assert.not((await verdict({ ...made, certificate })).accepted, path);
    }
  });

  test('a tensor that is not whole in the file, or in no whole number of rows, is rejected', async () => {
    const made = await certified(satisfiable, plain);
    const text = new TextDecoder('latin1').decode(made.output);
    const offsets = /"data_offsets":\[0,(\d+)\]/.exec(text)!;
    const shape = /"shape":\[(\d+),1\]/.exec(text)!;
    const end = Number(offsets[1]);
    const cases: readonly (readonly [found: string, lie: string, reason: string])[] = [
      [offsets[0], `"data_offsets":[0,${end * 9}]`, `expected ${end * 9} bytes of tensors, not ${end}`],
      [offsets[0], `"data_offsets":[0,${end - 8}]`, 'expected out as a matrix of floats'],
      [offsets[0], '"data_offsets":[0]', 'expected out as a matrix of floats'],
      [offsets[0], `"data_offsets":[0,${end},${end}]`, 'expected data_offsets of out from 0'],
      [offsets[0], `"data_offsets":[0.5,${end}]`, 'expected data_offsets of out from 0'],
      [offsets[0], `"data_offsets":[-8,${end}]`, 'expected data_offsets of out from 0'],
      [shape[0], `"shape":[${Number(shape[1]) / 1.5},1.5]`, 'expected out as a matrix of floats'],
    ];
    for (const [found, lie, expected] of cases) {
      const header = text.slice(8, 8 + made.output[0]! + 256 * made.output[1]!).replace(found, lie);
      const output = new Uint8Array(8 + header.length + Number(offsets[1]));
      new DataView(output.buffer).setBigUint64(0, BigInt(header.length), true);
      output.set(new TextEncoder().encode(header), 8);
      output.set(made.output.subarray(-Number(offsets[1])), 8 + header.length);
      const { accepted, reason } = await check(made.instance, output, await rehashed({ ...made, output }));
      assert.not(accepted);
      assert.is(reason, expected);
    }
  });

  test('an object where a text is expected is rejected, whatever it makes of itself', async () => {
    const made = await certified(satisfiable, plain);
    const { tensors, metadata } = readSafetensors(made.instance);
    const document = changed(metadata.get('seth')!, (json) => {
      (json['cnf'] as Record<string, unknown>)['text'] = { toString: 1 };
    });
    const instance = writeSafetensors(tensors, new Map([...metadata, ['seth', document]]));
    const inText = await check(instance, made.output, await rehashed({ ...made, instance }));
    assert.equal(inText, { accepted: false, reason: 'expected a text in cnf.text' });

    const header = '{"out":{"dtype":{"toString":1},"shape":[1,1],"data_offsets":[0,8]}}';
    const output = new Uint8Array(16 + header.length);
    output[0] = header.length;
    output.set(new TextEncoder().encode(header), 8);
    const inType = await check(made.instance, output, await rehashed({ ...made, output }));
    assert.equal(inType, { accepted: false, reason: 'expected a text in dtype' });
  });

  test('a small file that would take long is rejected at once, and what is just small enough ends', async () => {
    const made = await certified(satisfiable, plain);
    const { metadata } = readSafetensors(made.instance);
    // The last clause is empty, so that every assignment of the left half may be left out: a small file asks for all.
    const reasonFor = async (variables: number, clauses: number, nodes: number): Promise<string> => {
      const text = `p cnf ${variables} ${clauses}\n${'1 -1 0\n'.repeat(clauses - 1)}0\n`;
      const document = changed(metadata.get('seth')!, (json) => {
        (json['cnf'] as Record<string, unknown>)['text'] = text;
      });
      const matrix = (rows: number, columns: number, values: readonly number[]): Tensor => ({
        dtype: 'f64',
        shape: [rows, columns],
        bytes: new Uint8Array(
          Float64Array.from({ length: rows * columns }, (_, at) => values[at] ?? 0).buffer,
        ),
      });
      const instance = writeSafetensors(
        new Map([
          ['q', matrix(nodes, clauses + 1, [])],
          ['k', matrix(2, clauses + 1, [])],
          ['v', matrix(2, 1, [1])],
        ]),
        new Map([...metadata, ['seth', document]]),
      );
      const output = writeOutput(new Float64Array(nodes).fill(0.5), nodes, 1, 'f64', 'npy');
      const left = Array.from({ length: variables }, (_, at) => at + 1);
      const lie = changed(await rehashed({ ...made, instance, output }), (json) => {
        const formula = { sha256: createHash('sha256').update(text).digest('hex') };
        const ones = Array<number>(nodes).fill(1);
        const readout = { scales: ones, weights: ones, weightAtOne: 0 };
        Object.assign(json, { formula, readout, answer: 'UNSATISFIABLE', count: '0' });
        Object.assign(json, { halves: { left, right: [] }, bound: 1, pads: 1 });
      });
      const { accepted, reason } = await check(instance, output, lie);
      assert.not(accepted);
      return reason;
    };
    const tooMuch = 'expected a file that takes at most 2^29 steps';
    for (const [variables, clauses, nodes] of [
      [22, 1, 1],
      [40, 1, 1],
      [21, 256, 1],
      [20, 511, 2],
      [1, 1, 4097],
      [9, 1024, 2048],
    ] as const) {
      assert.is(await reasonFor(variables, clauses, nodes), tooMuch);
    }
    const before = process.cpuUsage();
    assert.is(await reasonFor(20, 511, 1), 'expected 0 vectors in q, not 1');
    const { user } = process.cpuUsage(before);
    assert.ok(user < 10e6, `${user / 1e6} s of processor time`);
  });

  test('any change of a byte of an instance or an output is rejected', async () => {
    const made = await certified(satisfiable, plain, 'npy');
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (inOutput, at, flip) => {
          const file = (inOutput ? made.output : made.instance).slice();
          file[at % file.length]! ^= flip;
          const changed = inOutput ? { ...made, output: file } : { ...made, instance: file };
          assert.not((await verdict(changed)).accepted);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('with hashes that fit, a byte changed in a true instance or certificate never proves a wrong number', async () => {
    const seen = { accepted: 0, rejected: 0 };
    for (const cnf of [satisfiable, unsatisfiable]) {
      const made = await certified(cnf, { ...plain, route: 'minimax' });
      const statement = models(countModels(cnf));
      await fc.assert(
        fc.asyncProperty(
          fc.boolean(),
          fc.nat(),
          fc.integer({ min: 1, max: 255 }),
          async (inInstance, at, flip) => {
            const file = (inInstance ? made.instance : new TextEncoder().encode(made.certificate)).slice();
            file[at % file.length]! ^= flip;
            const instance = inInstance ? file : made.instance;
            const certificate = inInstance
              ? await rehashed({ ...made, instance })
              : new TextDecoder().decode(file);
            const { accepted, reason } = await check(instance, made.output, certificate);
            seen[accepted ? 'accepted' : 'rejected']++;
            // The formula of the metadata may have become another, and is named by its own hash then.
            if (accepted) assert.match(reason, statement);
          },
        ),
        { numRuns: 1500 },
      );
    }
    assert.ok(seen.rejected > 1500 && seen.accepted > 0, JSON.stringify(seen));
  });

  test('nothing that is in the files makes it throw or hang', async () => {
    const made = await certified(satisfiable, plain);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('instance', 'output', 'certificate'),
        damageArb,
        async (part, damage) => {
          const instance = part === 'instance' ? damage(made.instance) : made.instance;
          const output = part === 'output' ? damage(made.output) : made.output;
          const text = new TextDecoder().decode(damage(new TextEncoder().encode(made.certificate)));
          const certificate = part === 'certificate' ? text : await rehashed({ ...made, instance, output });
          const { reason } = await check(instance, output, certificate);
          assert.type(reason, 'string');
        },
      ),
      { numRuns: 1500 },
    );
    for (const text of [
      '',
      '[]',
      'null',
      '1',
      '{"format":1}',
      '{"format":{"toString":1}}',
      '{"format":[{"toString":1}]}',
      '{"__proto__":{"format":1}}',
      '{"format":1,"instance":{"sha256":"constructor"}}',
      '['.repeat(100_000),
    ]) {
      assert.not((await check(made.instance, made.output, text)).accepted);
    }
    const blank = `p cnf 1 0\n${'\n'.repeat(2 ** 20)}x`;
    assert.not((await verdict(await certified({ variables: 1, clauses: [] }, plain, 'npy', blank))).accepted);
  });
});
