/** Certificates, which the independent checker reads. */
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { check } from '../../src/checker/check.ts';
import { certified, plain } from '../checker/made.ts';
import { accident, bounded, damageArb, damaged, utf8, type Target } from './target.ts';

/** Of a formula with three models. */
const {
  instance,
  output,
  certificate: text,
} = await certified({ variables: 2, clauses: [[1, 2]] }, plain, 'npy');
const example = JSON.parse(text) as Record<string, unknown>;

/** The checker throws nothing at all, and accepts what is true only: the model, or that there are three. */
export const certificate: Target = {
  name: 'certificate',
  check: async (bytes) => {
    const { accepted, reason } = await check(instance, output, new TextDecoder().decode(bytes));
    if (accepted) {
      assert.match(
        reason,
        /\(2 variables, 1 clauses\) (is satisfiable$|has exactly 3 models if each output is within \S+·Y \+ \S+ of exact attention Y$)/,
      );
    } else assert.not.match(reason, accident);
    return accepted ? 'accepted' : 'refused';
  },
  seeds: [example, { ...example, count: null }].map((value) => utf8(JSON.stringify(value))),
  words: ['"format":{"toString":1}', '{"toString":1}', '"count":"1"', '"model":[', '"weights":[', '"relative":', 'null', '[]', '{}', ',', '1e308', '5e-324', '-1', '-0', '0.5'], // prettier-ignore
  structured: fc
    .array(damageArb, { maxLength: 3 })
    .map((damages) =>
      utf8(
        JSON.stringify(damages.reduce<unknown>((all, [path, by]) => damaged(all, path, by), example)) ?? '',
      ),
    ),
  mostBytes: bounded,
};
