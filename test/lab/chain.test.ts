import * as assert from 'uvu/assert';
import { strongestOfBlocks } from '../../docs/lab/blocks.ts';
import {
  disturbed,
  openChain,
  readoutAt,
  smallestPosition,
  softmaxWeights,
  takeSnapshot,
  type Settings,
} from '../../docs/lab/chain.ts';
import {
  entries,
  families,
  isExact,
  nodeValues,
  openOracle,
  ovToAttention,
  unitRoundoff,
  type Cnf,
} from '../../src/index.ts';
import { suite } from '../support/harness.ts';

const usual: Settings = { route: 'minimax', dtype: 'f64', position: null, noise: 0, admitted: true };
const teaching = (formula: number): Cnf => families['teaching']!.generate({ formula }, 1).cnf;
const planted = families['planted']!.generate({ variables: 10, ratio: 4 }, 3).cnf;

suite('lab/chain', (test) => {
  test('the smallest B certifies the count that the table shows, and one place below it nothing is certified', async () => {
    const oracle = await openOracle('reference');
    for (const cnf of [teaching(2), teaching(3), teaching(5), planted]) {
      const chain = openChain(cnf);
      const snapshot = await takeSnapshot(chain, usual, oracle);
      const models = snapshot.products.reduce((sum, product) => sum + (product === 0 ? 1 : 0), 0);
      assert.is(snapshot.histogram[0], models);
      assert.equal(
        snapshot.verdict.kind === 'yes' ? snapshot.verdict.count : snapshot.verdict.kind,
        models === 0 ? 'no' : models,
      );
      assert.is(snapshot.position, await smallestPosition(chain, usual, oracle));
      // The bars that are drawn are those of the certificate, and each reaches the true count.
      const { bias, noise } = snapshot.certificate;
      assert.ok(bias > 0 && Math.abs(Math.max(...snapshot.margins) - (bias + noise)) <= 1e-15);
      const { rows } = snapshot.right;
      snapshot.estimates.forEach((read, i) => {
        const partners = snapshot.products.subarray(i * rows, (i + 1) * rows).filter((s) => s === 0).length;
        assert.ok(Math.abs(read - partners) <= snapshot.margins[i]!, `${read} for ${partners}`);
      });
      if (snapshot.position === 0) continue;
      const below = { ...usual, position: snapshot.position - 1 };
      const { verdict } = await takeSnapshot(chain, below, oracle);
      assert.ok(verdict.kind === 'inconclusive' || (verdict.kind === 'yes' && verdict.count === null));
    }
    await oracle.close();
  });

  test('the search for the smallest B ends when it is told to, and where no B does, and passes over a B without a readout', async () => {
    const oracle = await openOracle('reference');
    const chain = openChain(teaching(5));
    let looks = 0;
    const stop = (after: number) => (): Promise<boolean> => Promise.resolve(++looks <= after);
    assert.is(await smallestPosition(chain, usual, oracle, stop(2)), null);
    assert.is(looks, 3);
    assert.is(await smallestPosition(chain, { ...usual, noise: 0.5 }, oracle, stop(Infinity)), null);
    assert.is(looks, 3, 'where the largest B does not certify there is nothing to search');
    const narrow = { ...chain, readouts: new Map(), bounds: chain.bounds.map((b, at) => (at < 90 ? 0 : b)) };
    assert.is(await smallestPosition(narrow, usual, oracle), 90);
    await oracle.close();
  });

  test('noise that is admitted leaves it open, and noise that is not is found out or leaves the answer right', async () => {
    const oracle = await openOracle('reference');
    const chain = openChain(planted);
    const { position } = await takeSnapshot(chain, usual, oracle);
    const noisy = { ...usual, position, noise: 1e-6 };
    assert.is((await takeSnapshot(chain, noisy, oracle)).verdict.kind, 'inconclusive');
    assert.is((await takeSnapshot(chain, { ...noisy, admitted: false }, oracle)).verdict.kind, 'refused');
    await oracle.close();
  });

  test('noise moves outputs by its share either way, the same each time, and a claim that admits it covers it', () => {
    const claimed = { relative: 1e-4, absolute: 1e-5 };
    const values = Float64Array.from({ length: 2000 }, (_, row) => (row + 1) / 2000);
    const output = { rows: 2000, columns: 1, values, error: claimed };
    assert.is(disturbed(output, usual), output);
    for (const dtype of ['f64', 'f32', 'bf16'] as const) {
      for (const noise of [1e-3, 0.1]) {
        const settings = { ...usual, dtype, noise };
        const moved = disturbed(output, settings);
        assert.equal(disturbed(output, settings), moved);
        assert.equal(disturbed(output, { ...settings, admitted: false }), { ...moved, error: claimed });
        let [down, up] = [0, 0];
        moved.values.forEach((y, row) => {
          const before = values[row]!;
          assert.ok(y <= 1 && isExact(dtype, y));
          const share = (y / before - 1) / noise;
          [down, up] = [Math.min(down, share), Math.max(up, share)];
          // Whatever the truth was that the output before was within its claim of.
          for (const sign of [1, -1]) {
            const truth = (before - sign * claimed.absolute) / (1 + sign * claimed.relative);
            const { relative, absolute } = moved.error;
            assert.ok(Math.abs(y - truth) <= relative * truth + absolute, `${y} for ${truth}, ${dtype}`);
          }
        });
        const rounding = (2 * unitRoundoff(dtype)) / noise;
        assert.ok(down >= -1 - rounding && down < -0.99, `${down}`);
        assert.ok(up <= 1 + rounding && up > 0.99, `${up}`);
      }
    }
  });

  test('a readout that is kept is of its own route and format', () => {
    const chain = openChain(planted);
    for (const place of [30, 60]) {
      for (const route of ['threshold', 'interpolation', 'minimax'] as const) {
        for (const dtype of ['f64', 'f16', 'bf16'] as const) {
          const settings = { ...usual, route, dtype };
          const made = readoutAt(chain, settings, place);
          assert.is(made.kind, route);
          assert.is(readoutAt(chain, settings, place), made);
          assert.ok(
            made.scales.every((t) => isExact(dtype, t)),
            `${route} ${dtype}`,
          );
        }
      }
    }
  });

  test('the softmax weights drawn are those of Q and K, and give the output', async () => {
    const oracle = await openOracle('reference');
    const chain = openChain(teaching(5));
    const { readout, pads, levels, largest, output, q, k } = await takeSnapshot(chain, usual, oracle);
    const options = { readout, pads, dtype: 'f64', witness: 'scan' } as const;
    const attention = ovToAttention.encode(chain.vectors, options);
    const [Q, K, V] = [entries(attention.q), entries(attention.k), entries(attention.v)];
    const d = attention.q.columns;
    assert.equal([...q], [...Float32Array.from(Q)]);
    assert.equal([...k], [...Float32Array.from(K)]);
    const weights = softmaxWeights(chain.vectors, chain.products, nodeValues(readout), pads);
    const { rows: keys } = chain.vectors.right;
    const isKey = (at: number): boolean => at % (keys + pads.count) < keys;
    assert.is(largest.key, Math.max(...weights.filter((_, at) => isKey(at))));
    assert.is(largest.pad, Math.max(...weights.filter((_, at) => !isKey(at))));
    weights.forEach((weight, at) => {
      const most = isKey(at) ? largest.key : largest.pad;
      assert.ok(Math.abs((levels[at]! / 255) ** 2 * most - weight) <= most / 200);
    });
    for (let row = 0; row < attention.q.rows; row++) {
      const logits = Array.from({ length: attention.k.rows }, (_, j) => {
        let dot = 0;
        for (let c = 0; c < d; c++) dot += Q[row * d + c]! * K[j * d + c]!;
        return Math.exp(attention.scale * dot);
      });
      const total = logits.reduce((a, b) => a + b);
      logits.forEach((logit, j) =>
        assert.ok(Math.abs(logit / total - weights[row * logits.length + j]!) < 1e-6),
      );
      const y = logits.reduce((sum, logit, j) => sum + (logit / total) * V[j]!, 0);
      assert.ok(Math.abs(y - output[row]!) < 1e-12);
    }
    await oracle.close();
  });

  test('at the largest B the models are what is dark among the keys, and the strongest of blocks keeps them', async () => {
    const oracle = await openOracle('reference');
    for (const [family, variables, clauses] of [
      ['uniform', 12, 55],
      ['planted', 16, 80],
    ] as const) {
      const chain = openChain(families[family]!.generate({ variables, clauses, width: 3 }, 1).cnf);
      const top = { ...usual, position: chain.bounds.length - 1 };
      const { levels, nodes, pads, products, right } = await takeSnapshot(chain, top, oracle);
      assert.is(nodes.length, 1);
      const columns = right.rows + pads.count;
      const rows = levels.length / columns;
      products.forEach((s, at) => {
        const level = levels[Math.floor(at / right.rows) * columns + (at % right.rows)]!;
        if (s === 0) assert.ok(level > 150, `a model at level ${level}`);
        else assert.ok(level < 50, `inner product ${s} at level ${level}`);
      });
      // A picture of a seventh of the size has as many dark places as the models have blocks.
      const [down, across] = [Math.ceil(rows / 7), Math.ceil(columns / 7)];
      const blocks = strongestOfBlocks(levels, { rows, columns }, { down, across });
      const models = new Set<number>();
      products.forEach((s, at) => {
        const [i, j] = [Math.floor(at / right.rows), at % right.rows];
        if (s === 0) models.add(Math.floor((i * down) / rows) * across + Math.floor((j * across) / columns));
      });
      assert.ok(models.size > 0);
      for (const block of models) assert.ok(levels[blocks[block]!]! > 150, `block ${block}`);
    }
    await oracle.close();
  });

  test('every dtype has a place that certifies a small formula', async () => {
    const oracle = await openOracle('reference');
    const chain = openChain(teaching(6));
    for (const dtype of ['f64', 'f32', 'f16', 'bf16'] as const) {
      assert.ok((await smallestPosition(chain, { ...usual, dtype }, oracle)) !== null, dtype);
    }
    await oracle.close();
  });
});
