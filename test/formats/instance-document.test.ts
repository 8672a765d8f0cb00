import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { parseInstanceDocument, writeInstanceDocument } from '../../src/formats/instance-document.ts';
import type { InstanceDocument, PaperDocument } from '../../src/formats/instance-document.ts';
import { dtypes } from '../../src/problems/dtype.ts';
import { suite } from '../support/harness.ts';
import { faultOf, readsOrRefuses } from './damage.ts';
import { exampleDocument } from './example-document.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0); // JSON has no -0
const fromZero = finite.map(Math.abs);
const count = fc.nat();

/** Records that compare equal to object literals. */
const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });

const documentArb: fc.Arbitrary<InstanceDocument> = fc
  .array(fc.tuple(fromZero, finite), { maxLength: 30 })
  .chain((nodes) =>
    plain({
      format: fc.constant(1 as const),
      tool: fc.string(),
      route: fc.constantFrom('minimax', 'interpolation', 'threshold'),
      cnf: plain({
        text: fc.string({ unit: 'binary' }),
        sha256: fc
          .uint8Array({ minLength: 32, maxLength: 32 })
          .map((bytes) => Buffer.from(bytes).toString('hex')),
      }),
      encoding: plain({
        prune: fc.boolean(),
        split: fc.constantFrom('order', 'weight'),
        witness: fc.constantFrom('scan', 'columns'),
      }),
      scale: fromZero.map((x) => x + Number.MIN_VALUE),
      scaleName: fc.constantFrom('linear', 'rsqrt'),
      dtype: fc.constantFrom(...dtypes),
      vectors: plain({ left: count, right: count }),
      headDim: count.map((d) => d + 1),
      degree: count,
      bound: fromZero,
      pads: plain({ count, mass: fromZero }),
      readout: plain({
        scales: fc.constant(nodes.map(([scale]) => scale)),
        weights: fc.constant(nodes.map(([, weight]) => weight)),
        weightAtOne: finite,
      }),
      plannedError: fc.double({ min: 0, max: 1, noNaN: true }),
      seed: fc.option(fc.maxSafeInteger()),
    }),
  );

/** The example as JSON with one field replaced, or removed where `value` is undefined. */
function changed(path: string, value: unknown): string {
  const document = structuredClone(exampleDocument) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop()!;
  let at = document;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  at[last] = value;
  return JSON.stringify(document);
}

function paths(value: unknown, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    `${prefix}${key}`,
    ...paths(inner, `${prefix}${key}.`),
  ]);
}

const again = 'make the instance again with "seth generate"';

suite('src/formats/instance-document', (test) => {
  test('a document of the paper’s route is read back, and each of its fields is checked', () => {
    const document: PaperDocument = {
      format: 1,
      tool: 'seth-attention 0.1.0',
      route: 'closest-pair',
      form: 'strengthened',
      cnf: exampleDocument.cnf,
      encoding: { pure: true, prune: false, split: 'order' },
      scale: 0.01,
      scaleName: 'linear',
      dtype: 'f64',
      pcp: { blocks: 2, length: 1, field: 3 },
      queries: 4,
      keys: 8,
      headDim: 100,
      bound: 20.5,
      plannedError: 0.25,
      seed: null,
    };
    assert.equal(parseInstanceDocument(writeInstanceDocument(document)), document);
    const faults: readonly (readonly [string, unknown])[] = [
      ['form', 'other'],
      ['encoding', { pure: 1, prune: false, split: 'order' }],
      ['pcp', { blocks: 0, length: 1, field: 3 }],
      ['queries', -1],
      ['plannedError', 0.5],
      ['bound', 'wide'],
      ['scale', 0],
    ];
    for (const [field, value] of faults) {
      const fault = faultOf(() => parseInstanceDocument(JSON.stringify({ ...document, [field]: value })));
      assert.is(fault.code, 'metadata-field');
      assert.match(fault.field ?? '', new RegExp(`^seth\\.${field}`));
    }
  });

  test('what is written is read back', () => {
    fc.assert(
      fc.property(documentArb, (document) => {
        assert.equal(parseInstanceDocument(writeInstanceDocument(document)), document);
      }),
    );
  });

  test('every field that is missing is named', () => {
    const fields = paths(exampleDocument).filter((path) => !/\.\d$/.test(path));
    assert.is(fields.length, 28);
    for (const field of fields) {
      assert.is(
        faultOf(() => parseInstanceDocument(changed(field, undefined))).field,
        `seth.${field}`,
        field,
      );
    }
  });

  test('every field of a wrong kind is named', () => {
    for (const field of paths(exampleDocument)) {
      for (const value of [[], {}, null, true, 'x', -1.5]) {
        const text = changed(field, value);
        if (readsOrRefuses(() => parseInstanceDocument(text)) === 'read') {
          const kept = typeof value === typeof exampleValue(field) || (field === 'seed' && value === null);
          assert.ok(kept, `${field} = ${JSON.stringify(value)} was read`);
        } else {
          const { field: named } = faultOf(() => parseInstanceDocument(text));
          assert.ok(
            named?.startsWith(`seth.${field}`) || named === 'seth.readout.weights',
            `${field}: ${named}`,
          );
        }
      }
    }
  });

  test('values out of range are refused with what was expected and found', () => {
    const cases: readonly (readonly [path: string, value: unknown, message: string])[] = [
      ['format', 0, `seth.format: expected the number 1, found 0; ${again}`],
      ['scale', 0, `seth.scale: expected a number above 0, found 0; ${again}`],
      ['bound', -1, `seth.bound: expected a number from 0, found -1; ${again}`],
      ['pads.mass', -1, `seth.pads.mass: expected a number from 0, found -1; ${again}`],
      ['headDim', 0, `seth.headDim: expected a whole number from 1, found 0; ${again}`],
      ['headDim', 2.5, `seth.headDim: expected a whole number below 2^53, found 2.5; ${again}`],
      ['vectors.left', -1, `seth.vectors.left: expected a whole number from 0, found -1; ${again}`],
      [
        'vectors.left',
        2 ** 53,
        `seth.vectors.left: expected a whole number below 2^53, found 9007199254740992; ${again}`,
      ],
      ['dtype', 'i64', `seth.dtype: expected one of f64, f32, f16, bf16, found "i64"; ${again}`],
      [
        'route',
        'magic',
        `seth.route: expected one of minimax, interpolation, threshold, closest-pair, found "magic"; ${again}`,
      ],
      [
        'cnf.sha256',
        'ABC',
        `seth.cnf.sha256: expected 64 lower-case hexadecimal digits, found "ABC"; ${again}`,
      ],
      ['readout.scales.1', -1, `seth.readout.scales.1: expected a number from 0, found -1; ${again}`],
      [
        'readout.weights.2',
        1,
        `seth.readout.weights: expected 2 numbers, as many as scales, found 3; ${again}`,
      ],
      ['seed', 0.5, `seth.seed: expected a whole number below 2^53, found 0.5; ${again}`],
    ];
    for (const [path, value, message] of cases) {
      assert.is(faultOf(() => parseInstanceDocument(changed(path, value))).message, message);
    }
    const many = Array.from({ length: 4097 }, () => 0);
    assert.ok(
      faultOf(() => parseInstanceDocument(changed('readout.scales', many))).message.startsWith(
        'seth.readout.scales: expected a list of at most 4096, found [0,0,0',
      ),
    );
    assert.is(
      faultOf(() => parseInstanceDocument(changed('bound', 0).replace('"bound":0', '"bound":1e999'))).message,
      `seth.bound: expected a finite number, found Infinity; ${again}`,
    );
  });

  test('a document of a newer version says so, whatever else is in it', () => {
    assert.is(
      faultOf(() => parseInstanceDocument('{"format": 2, "tool": 7}')).message,
      'seth.format: expected format 1, found format 2, written by a newer version; update seth-attention',
    );
  });

  test('fields that are not known are left out, and no prototype is reached', () => {
    const text = writeInstanceDocument(exampleDocument);
    const more = text.replace('{', '{"constructor": {"prototype": {"polluted": 1}}, "later": [1], ');
    assert.equal(parseInstanceDocument(more), exampleDocument);
    assert.is(
      faultOf(() => parseInstanceDocument(text.replace('{', '{"__proto__": {}, '))).field,
      'seth.__proto__',
    );
    assert.is(
      faultOf(() => parseInstanceDocument(text.replace('{', '{"scale": 1, '))).code,
      'json-key-twice',
    );
  });

  test('a document that could not be read back is not written', () => {
    assert.is(faultOf(() => writeInstanceDocument({ ...exampleDocument, bound: NaN })).field, 'seth.bound');
  });

  test('text that is no document is refused', () => {
    for (const text of ['', 'null', '[]', '1', '{"format": 1', '{}']) {
      assert.ok(faultOf(() => parseInstanceDocument(text)).field?.startsWith('seth'), text);
    }
  });

  test('a damaged document is read or refused', () => {
    const text = writeInstanceDocument(exampleDocument);
    const damaged = fc
      .tuple(fc.nat({ max: text.length }), fc.nat({ max: 3 }), fc.string({ maxLength: 3 }))
      .map(([at, removed, added]) => text.slice(0, at) + added + text.slice(at + removed));
    fc.assert(
      fc.property(damaged, (text) => void readsOrRefuses(() => parseInstanceDocument(text))),
      { numRuns: 1000 },
    );
  });
});

function exampleValue(path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], exampleDocument);
}
