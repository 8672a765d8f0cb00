import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { most, readFormula, translate } from '../../docs/lab/formula.ts';
import { parsePlain, writePlain } from '../../docs/lab/notation.ts';
import { clauseAt, placeOf } from '../../docs/lab/spans.ts';
import { InputError } from '../../src/index.ts';
import { suite } from '../support/harness.ts';

const clause = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()).map(([v, negated]) => (negated ? -v : v)),
  { maxLength: 4 },
);
const formula = fc.array(clause, { minLength: 1, maxLength: 8 }).map((clauses) => ({
  variables: Math.max(1, ...clauses.flat().map(Math.abs)),
  clauses,
}));

const refusal = (text: string): InputError => {
  try {
    parsePlain(text);
  } catch (error) {
    if (error instanceof InputError) return error;
  }
  throw new Error(`${JSON.stringify(text)} was taken`);
};

suite('lab/notation', (test) => {
  test('what is written in the plain notation is read as the same clauses, with variables that occur nowhere', () => {
    fc.assert(
      fc.property(formula, (cnf) => {
        const read = parsePlain(writePlain(cnf)).cnf;
        assert.is(read.variables, cnf.variables);
        assert.equal(read.clauses.slice(0, cnf.clauses.length), cnf.clauses);
        for (const [a, b] of read.clauses.slice(cnf.clauses.length)) assert.is(a, -b!);
      }),
    );
  });

  test('a formula goes to DIMACS and back with its clauses', () => {
    fc.assert(
      fc.property(formula, (cnf) => {
        const { names } = parsePlain(writePlain(cnf));
        assert.equal(readFormula(translate({ cnf, names }, 'dimacs'), 'dimacs').cnf, cnf);
      }),
    );
  });

  test('the characters that a clause was read from are that clause, in either notation, and each of them leads to it', () => {
    const noise = fc.constantFrom('\n', '\r\n', ' # (x or y)\n', '\n\n  ');
    const comments = fc.constantFrom('\n', '\r\n', '\nc 1 2 0\n', '  ');
    fc.assert(
      fc.property(formula, noise, comments, ({ variables, clauses }, end, pause) => {
        const names = Array.from({ length: variables }, (_, k) => `x${k + 1}`);
        const plain = clauses.map((literals) => {
          const said = literals.map((l) => `${l < 0 ? 'not ' : ''}${names[Math.abs(l) - 1]!}`);
          return `(${said.join(' or ')})`;
        });
        const dimacs = clauses.map((literals) => [...literals, 0].join(' '));
        for (const [notation, text, said] of [
          ['plain', plain.join(end), plain],
          ['plain', plain.join(' and '), plain],
          ['dimacs', `c p\np cnf ${variables} ${clauses.length}\n${dimacs.join(pause)}\n`, dimacs],
        ] as const) {
          const { spans } = readFormula(text, notation);
          assert.equal(
            spans.map(({ start, end }) => text.slice(start, end)),
            said,
          );
          spans.forEach(({ start, end }, c) => {
            for (let place = start; place < end; place++) assert.is(clauseAt(spans, text, place), c);
            const { line, column, columns } = placeOf(text, { start, end });
            assert.is(text.split('\n')[line]!.slice(column, column + columns), said[c]);
          });
        }
      }),
    );
    const text = 'a or b  # one\n\n(not a or\n  b)';
    const { spans } = readFormula(text, 'plain');
    assert.equal(
      [text.indexOf('one'), text.indexOf('\n\n') + 1, text.length].map((place) =>
        clauseAt(spans, text, place),
      ),
      [0, undefined, 1],
    );
    // What SATLIB's files end with is no clause.
    assert.equal(readFormula('p cnf 2 1\n1 -2 0\n%\n0\n', 'dimacs').spans, [{ start: 10, end: 16 }]);
    assert.equal(placeOf(text, spans[1]!), { line: 2, column: 0, lines: 2, columns: 9 });
  });

  test('words, signs, lines, comments and double negation mean what they say', () => {
    const expected = [
      [1, -2],
      [2, 3],
    ];
    for (const text of [
      '(a or not b) and (b or c)',
      '(a ∨ ¬b) ∧ (b ∨ c)',
      '(a | !b) & (b | ~~c)',
      'a or not b # the first\nb or c',
      '(a or\nnot b)\nand\n(b or c)\n\n',
      'A OR -B\n(B OR NOT NOT C)'.replaceAll('A', 'a').replaceAll('B', 'b'),
    ])
      assert.equal(parsePlain(text).cnf.clauses, expected, text);
    assert.equal(parsePlain('rain and (not rain or wet)').names, ['rain', 'wet']);
    assert.equal(parsePlain('x2 or x1').cnf.clauses, [[2, 1]]);
    assert.equal(parsePlain('not x3').names, ['x1', 'x2', 'x3']);
    assert.equal(parsePlain('not x3').cnf, { variables: 3, clauses: [[-3]] });
    // One name of another kind, and a number is a part of the name.
    assert.equal(parsePlain('x3 or y or x1').names, ['x3', 'y', 'x1']);
    assert.equal(parsePlain('x3 or y or x1').cnf.clauses, [[1, 2, 3]]);
    assert.equal(parsePlain('()').cnf, { variables: 0, clauses: [[]] });
    assert.equal(parsePlain('').cnf, { variables: 0, clauses: [] });
  });

  test('what is no CNF is refused with its line', () => {
    const faults: readonly (readonly [string, string, number])[] = [
      ['a or b\nc or', 'plain-literal', 2],
      ['a\n(b or c', 'plain-parenthesis', 2],
      ['(a or b\n\nc', 'plain-parenthesis', 3],
      ['a or b and c', 'plain-ambiguous', 1],
      ['c and\na or b', 'plain-ambiguous', 2],
      ['(a) (b)', 'plain-clause', 1],
      ['a\n\n(a or b) and', 'plain-clause', 3],
      ['not (a or b)', 'plain-literal', 1],
      ['(a and b)', 'plain-parenthesis', 1],
      ['a\nb or 3', 'plain-character', 2],
      ['and', 'plain-literal', 1],
    ];
    for (const [text, code, line] of faults) {
      const { fault } = refusal(text);
      assert.equal([fault.code, fault.line], [code, line], text);
    }
  });

  test('a formula too large for the page is refused before anything is made of it', () => {
    for (const text of [
      'p cnf 200000000 1\n1 0\n',
      `p cnf ${most.variables + 1} 1\n1 0\n`,
      `p cnf 1 ${most.clauses + 1}\n${'1 0\n'.repeat(most.clauses + 1)}`,
      `c${' '.repeat(most.characters)}\np cnf 1 1\n1 0\n`,
    ])
      assert.throws(
        () => readFormula(text, 'dimacs'),
        (error: unknown) => error instanceof InputError && error.fault.code === 'lab-too-large',
      );
    const names = Array.from({ length: most.variables + 1 }, (_, k) => `y${k}`);
    for (const text of [names.join(' or '), 'a\n'.repeat(most.clauses + 1)])
      assert.throws(() => readFormula(text, 'plain'), /on this page/);
    assert.is(readFormula(names.slice(1).join('\n'), 'plain').cnf.clauses.length, most.variables);
    assert.is(readFormula(`p cnf ${most.variables} 1\n1 0\n`, 'dimacs').cnf.variables, most.variables);
  });
});
