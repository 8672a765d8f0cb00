import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { decodeText } from '../../src/formats/decompress.ts';
import { mostVariables, parseDimacs, writeDimacs } from '../../src/formats/dimacs.ts';
import type { Cnf } from '../../src/problems/cnf.ts';
import { cnfArb, plantedCnfArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';
import { sharedCnf } from '../support/shared-cnf.ts';
import { faultOf, readsOrRefuses } from './damage.ts';

type Expected = readonly [variables: number, clauses: Cnf['clauses']] | readonly [code: string, line: number];

/**
 * Kissat's parser tests, every file: the formula, or the fault and its line. All but `varidxexceeded` are as
 * `kissat --relaxed` has them; a variable beyond the header is refused by `kissat`, and by us.
 */
const kissat: Readonly<Record<string, Expected>> = {
  anainsteadoflit: ['not-a-literal', 3],
  comments: [2, [[1], [2]]],
  crnl: [1, [[1]]],
  crnlfile: [1, [[1]]],
  embeddedcoverage: [0, []],
  embeddedcrmissingnl: ['lone-carriage-return', 1],
  embeddednegative: [0, []],
  embeddedoptiocrnl: [0, []],
  embeddedoptionametoolong: [0, []],
  embeddedoptioneqmissing: [0, []],
  emptyfile: ['header-missing', 1],
  emptyheadercrnl: [0, []],
  emptyheaderline: [0, []],
  emptyline: ['header-missing', 1],
  eofafterlit: ['clause-unfinished', 3],
  eofafterlitcomment: ['clause-unfinished', 2],
  eofafterzero: [1, [[1]]],
  eofbeforeheader: ['header-missing', 1],
  eofbodycomment: [1, [[1]]],
  eofheadercomment: ['header-missing', 1],
  eofinclauses: ['file-cut-off', 1],
  eofincommmentafterliteral: [1, [[1]]],
  eofinheaderafterc: ['header-missing', 1],
  eofinmaxvar: ['header-malformed', 1],
  headerspaces: [1, [[-1], [1]]],
  invalidembeddedoption: [0, []],
  nlafterp: ['header-malformed', 1],
  nlaftersign: ['not-a-literal', 2],
  nlaftervars: ['header-malformed', 1],
  nocafterpspace: ['header-malformed', 2],
  nocnorp: ['header-missing', 1],
  nodigitafterpcnfspace: ['header-malformed', 2],
  nodigitaftersign: ['not-a-literal', 4],
  nodigitaftervarsnspace: ['header-malformed', 1],
  nofaftern: ['header-malformed', 4],
  nonafterc: ['header-malformed', 1],
  nonlaftercrafterheaderline: ['file-cut-off', 1],
  nonlaftercrafterheadliner: ['lone-carriage-return', 1],
  nonlaftercrafterlit: ['lone-carriage-return', 2],
  nonlaftercrinbody: ['lone-carriage-return', 2],
  nonlafterheaderline: ['file-cut-off', 1],
  nonlafterinvalidembeddedoption: ['lone-carriage-return', 1],
  nospaceafterf: ['header-malformed', 1],
  nospaceafterp: ['header-malformed', 1],
  nospaceaftervars: ['header-malformed', 4],
  notrailingzero: ['clause-unfinished', 2],
  nowsafterlit: ['not-a-literal', 4],
  oneclausemissing: [1, []],
  onlycomments: ['header-missing', 2],
  onlycr: ['lone-carriage-return', 1],
  onlycraftervars: ['header-malformed', 1],
  othercharafterheaderline: ['header-malformed', 1],
  signedunit: [1, [[-1]]],
  signeof: ['not-a-literal', 2],
  tabs: [1, [[1]]],
  toolargeclauses1: ['too-many-clauses', 1],
  toolargeclauses2: ['too-many-clauses', 1],
  toolargevars1: ['too-many-variables', 1],
  toolargevars2: ['too-many-variables', 1],
  toomanyclauses: [1, [[1]]],
  twoclausesmissing: [1, []],
  varidxexceeded: ['literal-out-of-range', 2],
  varidxtoolarge1: ['literal-out-of-range', 2],
  varidxtoolarge2: ['literal-out-of-range', 2],
  zeroaftersign: ['not-a-literal', 2],
};

const header = 'expected the header "p cnf VARIABLES CLAUSES"';
const aLiteral = 'expected a literal, a 0 that ends a clause, or a comment';
const inDigits = 'write the two counts in digits, alone on the line';
const asNumbers = 'write literals as whole numbers such as 3 or -3, separated by blanks';

/** Every refusal, with the whole message. */
const refused: readonly (readonly [text: string, message: string])[] = [
  [
    '',
    `line 1: ${header} before anything but comments, found the end of the file; is this a DIMACS CNF file?`,
  ],
  ['c no\n1 0\n', `line 2: ${header} before anything but comments, found "1"; is this a DIMACS CNF file?`],
  ['p wcnf 1 1 9\n1 0\n', `line 1: ${header}, found "p wcnf 1 1 9"; ${inDigits}`],
  ['p cnf -1 1\n', `line 1: ${header}, found "p cnf -1 1"; ${inDigits}`],
  [
    'p cnf 2 1\n1 0\np cnf 2 1\n2 0\n',
    'line 3: expected one header, the one on line 1, found "p cnf 2 1"; keep one header; two formulas need two files',
  ],
  ['p cnf 2 2\n1 0\n1 two 0\n', `line 3: ${aLiteral}, found "two"; ${asNumbers}`],
  ['p cnf 2 1\n1 2.5 0\n', `line 2: ${aLiteral}, found "2.5"; ${asNumbers}`],
  ['p cnf 2 1\n+1 0\n', `line 2: ${aLiteral}, found "+1"; ${asNumbers}`],
  ['p cnf 2 1\n1-2 0\n', `line 2: ${aLiteral}, found "1-2"; ${asNumbers}`],
  ['p cnf 2 1\nx1 2 0\n', `line 2: ${aLiteral}, found "x1"; ${asNumbers}`],
  ['p cnf 2 1\n1\u00a02 0\n', `line 2: ${aLiteral}, found "1\u00a02"; ${asNumbers}`],
  [
    'p cnf 2 1\n\n1 -3 0\n',
    'line 3: expected a variable from 1 to 2, found -3; correct the literal or the number of variables in the header on line 1',
  ],
  [
    'p cnf 0 1\n1 0\n',
    'line 2: expected no literals, for there are no variables, found 1; correct the literal or the number of variables in the header on line 1',
  ],
  [
    `p cnf 2 1\n${'9'.repeat(400)} 0\n`,
    `line 2: expected a variable from 1 to 2, found "${'9'.repeat(24)}…"; correct the literal or the number of variables in the header on line 1`,
  ],
  [
    'p cnf 3 1\n1 2\n3\n\nc end\n',
    'line 3: expected a 0 at the end of the last clause, found the end of the formula (the clause begins on line 2); add the 0, or check that the file is whole',
  ],
  [
    'p cnf 3 1\n1 2\n%\n0\n',
    'line 2: expected a 0 at the end of the last clause, found the end of the formula; add the 0, or check that the file is whole',
  ],
  [
    'p cnf 3 1\n1 2 0\n%\n0\n3 0\n',
    'line 5: expected nothing but a 0 after the closing "%", found "3"; remove the "%" line, or what follows it',
  ],
  [
    'p cnf 1 1',
    'line 1: expected a new line and 1 clause after the header, found the end of the file; the file looks cut off: copy or download it again',
  ],
  ['p cnf 268435457 0\n', 'line 1: expected at most 268435456 variables, found 268435457; check the header'],
  [
    `p cnf 1 ${'9'.repeat(1000)}\n`,
    'line 1: expected at most 268435456 clauses, found a number of 1000 digits; check the header',
  ],
  [
    'c old Mac\rp cnf 1 1\r1 0\r',
    'line 1: expected a new line after each carriage return, found a carriage return without one; convert the line ends, with tr "\\r" "\\n" for instance',
  ],
];

suite('src/formats/dimacs', (test) => {
  test('every refusal names the line, what was expected and found, and what to do', () => {
    for (const [text, message] of refused) assert.is(faultOf(() => parseDimacs(text)).message, message);
  });

  test('a count that differs from the header is a warning, and an error when strict', () => {
    const text = 'c two, not three\np cnf 2 3\n1 0\n2 0\n';
    assert.equal(parseDimacs(text), {
      cnf: { variables: 2, clauses: [[1], [2]] },
      warnings: ['line 2: the header says 3 clauses, the file has 2'],
    });
    assert.is(
      faultOf(() => parseDimacs(text, { strict: true })).message,
      'line 2: expected 3 clauses, found 2 clauses; write 2 in the header or check that the file is whole',
    );
    const exact = 'p cnf 2 2\n1 0\n2 0\n';
    assert.equal(parseDimacs(exact, { strict: true }).warnings, []);
  });

  test('corners mean what they say', () => {
    const formulas: Readonly<Record<string, Cnf>> = {
      'p cnf 0 0': { variables: 0, clauses: [] },
      'p cnf 3 0\n': { variables: 3, clauses: [] },
      'p cnf 0 1\n0\n': { variables: 0, clauses: [[]] },
      'p cnf 1 2\n0 0\n': { variables: 1, clauses: [[], []] },
      'p cnf 1 1\n1 -1 1 0\n': { variables: 1, clauses: [[1, -1, 1]] },
      'p cnf 2 2\n1 2 0 1 2 0': { variables: 2, clauses: [[1, 2], [1, 2]] }, // prettier-ignore
      'p cnf 2 1\n%\n0\n': { variables: 2, clauses: [] },
      '\uFEFFp cnf 2 1\r\n-2\r\n1 0\r\n%\r\n0\r\n\r\n': { variables: 2, clauses: [[-2, 1]] },
      ' \t c indented\n  p \t cnf\t 12  1 \n\t0012c twelve\n 0 ': { variables: 12, clauses: [[12]] },
      'cnf is a comment\np cnf 2 1\n1 c\rstill the comment\n2 0\n': { variables: 2, clauses: [[1, 2]] },
    };
    for (const [text, cnf] of Object.entries(formulas)) assert.equal(parseDimacs(text).cnf, cnf, text);
  });

  test('the canonical form is one clause a line', () => {
    const cnf = { variables: 3, clauses: [[1, -3], [], [2]] };
    assert.is(
      writeDimacs(cnf, ['seed 7', '', 'two\r\nlines', 'old\rMac']),
      'c seed 7\nc\nc two\nc lines\nc old\nc Mac\np cnf 3 3\n1 -3 0\n0\n2 0\n',
    );
  });

  test('what is written is read back without a warning, comments or not', () => {
    const comments = fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 });
    fc.assert(
      fc.property(anyCnf, comments, (cnf, comments) => {
        assert.equal(parseDimacs(writeDimacs(cnf, comments), { strict: true }), { cnf, warnings: [] });
      }),
      { numRuns: 300 },
    );
  });

  test('blanks, line ends and comments do not change the formula', () => {
    fc.assert(
      fc.property(anyCnf, layoutArb, (cnf, layout) => {
        assert.equal(parseDimacs(laidOut(cnf, layout)), { cnf, warnings: [] });
      }),
      { numRuns: 500 },
    );
  });

  test('any text is read or refused with a line inside it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((all) => all.join('')),
    );
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(text, fc.constantFrom('', 'p cnf 2 2\n'), (tail, head) => {
        const outcome = readsOrRefuses(() => parseDimacs(head + tail));
        outcomes[outcome]++;
        if (outcome === 'read') return;
        const { line } = faultOf(() => parseDimacs(head + tail));
        assert.ok(line !== undefined && line >= 1 && line <= (head + tail).split('\n').length);
      }),
      { numRuns: 2000 },
    );
    assert.ok(outcomes.read > 50 && outcomes.refused > 50, JSON.stringify(outcomes));
  });

  test('a header with the most variables allocates nothing for them', () => {
    assert.equal(parseDimacs(`p cnf ${mostVariables} 1\n-${mostVariables} 0\n`).cnf, {
      variables: mostVariables,
      clauses: [[-mostVariables]],
    });
  });

  const parse = sharedCnf('parse');
  if (parse !== null) {
    test('Kissat’s parser tests are read as Kissat reads them, or refused on their line', () => {
      assert.equal(readdirSync(parse).toSorted(), Object.keys(kissat).toSorted());
      for (const [file, expected] of Object.entries(kissat)) {
        const text = decodeText(readFileSync(join(parse, file)));
        if (typeof expected[0] === 'number') {
          assert.equal(parseDimacs(text).cnf, { variables: expected[0], clauses: expected[1] }, file);
        } else {
          const { code, line } = faultOf(() => parseDimacs(text));
          assert.equal([code, line], [...expected], file);
        }
      }
    });
  }

  const counts = sharedCnf('counts.tsv');
  if (counts !== null) {
    test('SATLIB’s and SATCH’s files have the variables and clauses of counts.tsv, without a warning', () => {
      const rows = readFileSync(counts, 'utf8').trimEnd().split('\n').slice(1);
      assert.is(rows.length, 109);
      for (const row of rows) {
        const [file, variables, clauses] = row.split('\t') as [string, string, string];
        const text = decodeText(readFileSync(sharedCnf(file)!));
        const { cnf } = parseDimacs(text, { strict: true });
        assert.equal([cnf.variables, cnf.clauses.length], [Number(variables), Number(clauses)], file);
        assert.equal(parseDimacs(writeDimacs(cnf), { strict: true }).cnf, cnf, file);
      }
    });
  }
});

const anyCnf = fc.oneof(
  cnfArb({ maxVariables: 8 }),
  plantedCnfArb({ maxVariables: 40 }).map(({ cnf }) => cnf),
);

/** What DIMACS is made of, and what looks like it. */
const pieces = [
  'p',
  'cnf',
  'c',
  ' ',
  '\t',
  '\n',
  '\r\n',
  '\r',
  '0',
  '1',
  '-',
  '-2',
  '%',
  '99999999999',
  'p cnf 2 2\n',
  'é',
];

interface Layout {
  readonly start: string;
  /** Between two tokens, taken in turn. */
  readonly gaps: readonly string[];
  readonly end: string;
}

const newLine = fc.constantFrom('\n', '\r\n');
const blank = fc.constantFrom(' ', '  ', '\t', ' \t ');
const commentText = fc.string({ maxLength: 8 });
const comment = fc.tuple(commentText, newLine).map(([text, newLine]) => `c${text}${newLine}`);
const gap = fc.oneof(
  blank,
  newLine,
  comment,
  fc.tuple(blank, comment, blank).map((parts) => parts.join('')),
);

const layoutArb: fc.Arbitrary<Layout> = fc.record({
  start: fc
    .tuple(fc.constantFrom('', '\uFEFF'), fc.array(fc.oneof(comment, newLine, blank), { maxLength: 4 }))
    .map(([mark, lines]) => mark + lines.join('')),
  gaps: fc.array(gap, { minLength: 1, maxLength: 7 }),
  end: fc.oneof(gap, fc.constantFrom('', '\n%\n0\n', ' %', '\r\n%\r\n0\r\n\r\n', '\nc no newline', 'c')),
});

function laidOut({ variables, clauses }: Cnf, { start, gaps, end }: Layout): string {
  const tokens = clauses.flatMap((clause) => [...clause, 0]);
  const body = tokens.map((token, t) => (t === 0 ? `${token}` : `${gaps[t % gaps.length]}${token}`)).join('');
  return `${start}p cnf ${variables}  ${clauses.length} \n${body}${tokens.length === 0 && end.startsWith('c') ? '' : end}`;
}
