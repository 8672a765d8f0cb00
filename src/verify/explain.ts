/**
 * A small formula walked through a chain, one step after the other, in words and matrices that a person can read. What
 * a step shows is what the arrow made, computed by the same code that solve runs; long rows and lists are cut.
 */
import { counted } from '../problems/counted.ts';
import { entries, type Attention } from '../problems/attention.ts';
import { holds, type Assignment, type Clause, type Cnf } from '../problems/cnf.ts';
import { hammingDistance } from '../problems/closest-pair.ts';
import {
  getBit,
  innerProduct,
  type BitMatrix,
  type OrthogonalVectors,
} from '../problems/orthogonal-vectors.ts';
import type { Answer } from '../problems/answer.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { nodeValues } from '../readout/readout.ts';
import { allMessages } from '../../reductions/all-messages.ts';
import {
  codewords,
  distributedPcp,
  merlinsMessages,
  type PcpParameters,
} from '../../reductions/distributed-pcp.ts';
import { maxIpToClosestPair } from '../../reductions/max-ip-to-closest-pair.ts';
import { countPartners, ovToAttention } from '../../reductions/ov-to-attention.ts';
import { gapArrow, pcpFor } from '../../reductions/paper-route.ts';
import { preprocess } from '../../reductions/preprocess.ts';
import type { LedgerEntry } from '../../reductions/reduction.ts';
import { leavesOf, sparsify, type SparsifyOptions, type SparsifyStep } from '../../reductions/sparsify.ts';
import { splitAndList } from '../../reductions/split-and-list.ts';
import { carryBackPaperRoute, preparePaperRoute, type PaperVerifyOptions } from './paper-route.ts';
import { solveByAttention, type VerifyOptions } from './verify.ts';

export interface ExplainedStep {
  readonly title: string;
  /** Whose theorem the step makes run; empty where it is none. */
  readonly theorem: string;
  readonly lines: readonly string[];
  readonly ledger: readonly LedgerEntry[];
}

/** Rows of a matrix, items of a list and columns of a row that are shown. */
const mostRows = 16;
const mostColumns = 64;

/** The formula and, where it is to be sparsified, the tree of the proof. */
export function explainFormula(cnf: Cnf, sparse: SparsifyOptions | undefined): readonly ExplainedStep[] {
  const first: ExplainedStep = {
    title: 'The formula',
    theorem: '',
    lines: [
      `${cnf.variables} variables, ${cnf.clauses.length} clauses; all of these have to hold:`,
      ...cut(cnf.clauses.map((clause, c) => `clause ${c + 1}: ${clauseText(clause)}`)),
    ],
    ledger: [],
  };
  if (sparse === undefined) return [first];
  return [
    first,
    {
      title: 'Sparsification',
      theorem: sparsify.theorem,
      lines: [
        'A heart H is a set of literals that many clauses share. An assignment satisfies H (heart branch) or, of each of',
        'those clauses, the rest (petal branch). Leaves have no heavy heart; a model of any of them is one of the formula.',
        ...cut(sparsifyTree(cnf, sparse), 40),
        'The chain below goes on with the formula itself; verify --sparsify takes it through every leaf.',
      ],
      ledger: sparsify.ledger(cnf, sparse),
    },
  ];
}

/** The direct chain: split and list, attention at several scales, and the numbers of partners read from it. */
export async function explainDirect(
  cnf: Cnf,
  options: VerifyOptions,
  oracle: Oracle,
): Promise<readonly ExplainedStep[]> {
  const { prepared, answer, path } = await solveByAttention(cnf, options, oracle);
  const { vectors, attention, options: given } = prepared;
  const { output } = await oracle.attend(attention);
  const { readout, pads } = given;
  const nodes = nodeValues(readout);
  const { counts } = countPartners(vectors, output, given);
  return [
    splitStep(vectors, splitAndList.ledger(cnf, options)),
    {
      title: 'Attention',
      theorem: ovToAttention.theorem,
      lines: [
        `Row i·K + k of Q is t_k·a_i and a last coordinate B; row j of K is −B·b_j, and ${pads.count} pad keys hold B in the`,
        'last coordinate. The logit is −scale·t_k·B·⟨a_i, b_j⟩, so attention adds up x_k^⟨a_i, b_j⟩ over j.',
        ...cut(
          readout.scales.map(
            (t, k) =>
              `node ${k + 1}: t = ${short(t)}, x = ${short(nodes[k]!)}, weight ${short(readout.weights[k]!)}`,
          ),
        ),
        `weight at x = 1, which needs no query: ${short(readout.weightAtOne)}`,
        ...matricesOf(attention),
      ],
      ledger: ovToAttention.ledger(vectors, given),
    },
    {
      title: 'The output, read',
      theorem: '',
      lines: [
        `computed by the oracle ${oracle.name} (${path}); S = P·y/(1−y) and N = Σ w_k·S(x_k), certified within 1/2:`,
        ...cut(
          Array.from({ length: vectors.left.rows }, (_, i) => {
            const outputs = readout.scales.map((_t, k) =>
              short(output.values[(i * nodes.length + k) * output.columns]!),
            );
            return `a_${i}: y = ${outputs.slice(0, 6).join(' ')}${outputs.length > 6 ? ' …' : ''} → ${counted(counts[i]!, 'partner')}`;
          }),
        ),
      ],
      ledger: [],
    },
    answerStep(cnf, answer),
  ];
}

/** The paper's own route. */
export async function explainPaperRoute(
  cnf: Cnf,
  options: PaperVerifyOptions,
  oracle: Oracle,
): Promise<readonly ExplainedStep[]> {
  const { small, vectors, attention } = preparePaperRoute(cnf, options);
  const pcp = pcpFor(small, options);
  const source = allMessages.encode(vectors, pcp);
  const n = vectors.left.rows;
  const best = largestPair(source);
  const mu = Math.floor(best.i / n);
  const pair = maxIpToClosestPair.encode(source, undefined);
  const { output, path } = await oracle.attend(attention);
  const arrow = gapArrow(options.form);
  const byDistance = options.form === 'strengthened' || options.form === 'published';
  const gapLedger = arrow.ledger(source, options);
  const distances = maxIpToClosestPair.ledger(source, undefined);
  return [
    {
      title: 'Preprocessing',
      theorem: preprocess.theorem,
      lines: [
        `left are ${small.variables} variables and ${small.clauses.length} clauses, renumbered:`,
        ...cut(small.clauses.map((clause, c) => `clause ${c + 1}: ${clauseText(clause)}`)),
      ],
      ledger: preprocess.ledger(cnf, options),
    },
    splitStep(vectors, splitAndList.ledger(small, options)),
    {
      title: 'Distributed PCP',
      theorem: distributedPcp.theorem,
      lines: [...pcpLines(vectors, pcp), ...acceptedLines(source, n, mu)],
      ledger: distributedPcp.ledger(vectors, pcp),
    },
    ...(byDistance
      ? [
          {
            title: 'Closest pair',
            theorem: maxIpToClosestPair.theorem,
            lines: [
              'Vectors are padded to one weight and balanced, x ↦ (x, 1 − x); dist = 2(W_a + W_b − 2⟨a, b⟩).',
              `distances under message ${mu} (≤ ${pair.near} is close, ≥ ${pair.far} is far):`,
              ...table(n, vectors.right.rows, (i, j) => hammingDistance(pair, { i: mu * n + i, j })),
            ],
            ledger: distances,
          },
        ]
      : []),
    {
      title: 'Attention',
      theorem: arrow.theorem,
      lines: [
        `One query a left vector and message, one key a right vector and as many pads; form ${options.form}.`,
        ...matricesOf(attention),
      ],
      ledger: byDistance ? gapLedger.slice(distances.length) : gapLedger,
    },
    {
      title: 'The output, read',
      theorem: '',
      lines: [
        `computed by the oracle ${oracle.name} (${path}); a row is close or far by the gap in the ledger above. Under message ${mu}:`,
        ...cut(Array.from({ length: n }, (_, i) => `a_${i}: y = ${short(output.values[mu * n + i]!)}`)),
      ],
      ledger: [],
    },
    answerStep(cnf, carryBackPaperRoute(cnf, output, options)),
  ];
}

function splitStep(vectors: OrthogonalVectors, ledger: readonly LedgerEntry[]): ExplainedStep {
  const { left, right } = vectors;
  return {
    title: 'Split and list',
    theorem: splitAndList.theorem,
    lines: [
      'One vector for each assignment of half of the variables, a 1 at each clause that it leaves unsatisfied.',
      `left, ${left.rows} vectors of ${left.columns} coordinates (clauses):`,
      ...bits(left, 'a'),
      `right, ${right.rows} vectors:`,
      ...bits(right, 'b'),
      '⟨a, b⟩ counts the clauses that both leave unsatisfied; a 0 is a model:',
      ...table(left.rows, right.rows, (i, j) => innerProduct(vectors, { i, j })),
    ],
    ledger,
  };
}

function pcpLines(vectors: OrthogonalVectors, pcp: PcpParameters): string[] {
  const { blocks, length, field: q } = pcp;
  const words = (matrix: BitMatrix, name: string): string[] =>
    cut(
      codewords(matrix, pcp).map((code, i) => {
        const coins = Array.from(
          { length: q },
          (_, r) => `(${code.slice(r * blocks, (r + 1) * blocks).join(',')})`,
        );
        return `ψ of ${name}_${i} at r = 0 … ${q - 1}: ${clip(coins.join(' '))}`;
      }),
      8,
    );
  const messages: string[] = [];
  let at = 0;
  for (const message of merlinsMessages(pcp)) {
    if (at === 8) {
      messages.push(`… ${q ** (length - 1)} messages in all`);
      break;
    }
    messages.push(`message ${at++}: Φ' = ${message.join(' ')} at r = 0 … ${q - 1}`);
  }
  return [
    `Clauses are T × ℓ = ${blocks} × ${length}, polynomials of degree < ${length} over F_${q} go through each row of them.`,
    ...words(vectors.left, 'a'),
    ...words(vectors.right, 'b'),
    `Merlin's messages vanish at 1 … ${length}:`,
    ...messages,
  ];
}

function acceptedLines(source: ReturnType<typeof allMessages.encode>, n: number, mu: number): string[] {
  return [
    `⟨ã, b̃⟩ under message ${mu}, the number of coins r that accept (${source.high} of ${source.high} says orthogonal, ${source.low} at most says not):`,
    ...table(n, source.right.rows, (i, j) => innerProduct(source, { i: mu * n + i, j })),
    `ã and b̃ have ${source.left.columns} coordinates (r, u); ã_0 under message ${mu} and b̃_0:`,
    bitRow(source.left, mu * n),
    bitRow(source.right, 0),
  ];
}

/** The pair with the largest inner product, the first of them. */
function largestPair(vectors: OrthogonalVectors): { readonly i: number; readonly j: number } {
  let best = { i: 0, j: 0 };
  for (let i = 0; i < vectors.left.rows; i++) {
    for (let j = 0; j < vectors.right.rows; j++) {
      if (innerProduct(vectors, { i, j }) > innerProduct(vectors, best)) best = { i, j };
    }
  }
  return best;
}

function answerStep(cnf: Cnf, answer: Answer<Assignment>): ExplainedStep {
  const { bias, noise } = answer.certificate;
  const certified = `certificate: bias ${short(bias)} + noise ${short(noise)} < 1/2`;
  const lines =
    answer.outcome === 'inconclusive'
      ? [answer.reason, answer.remedy]
      : answer.outcome === 'no'
        ? ['unsatisfiable: no row has a partner', certified]
        : [
            `satisfiable${answer.count === null ? '' : `, by ${answer.count} assignments`}; one of them:`,
            answer.witness.map((value, k) => `x${k + 1} = ${value ? 1 : 0}`).join(', '),
            ...cut(
              cnf.clauses.map((clause, c) => {
                const reason = clause.find((literal) => holds(literal, answer.witness));
                return `clause ${c + 1} holds by ${reason === undefined ? 'nothing' : literalText(reason)}`;
              }),
            ),
            certified,
          ];
  return { title: 'The answer', theorem: '', lines, ledger: [] };
}

/** The branches as a tree, a leaf with its clauses. */
export function sparsifyTree(cnf: Cnf, options: SparsifyOptions): string[] {
  const lines: string[] = [];
  let before: readonly SparsifyStep[] = [];
  let leaf = 0;
  for (const { cnf: made, path } of leavesOf(cnf, options)) {
    let shared = 0;
    while (shared < Math.min(path.length, before.length) && sameStep(path[shared]!, before[shared]!))
      shared++;
    for (let depth = shared; depth < path.length; depth++) {
      const { branch, heart, petals, size } = path[depth]!;
      const what =
        branch === 'heart' ? `${clauseText(heart)} holds` : `the ${petals} clauses hold without it`;
      const head =
        branch === 'heart' ? `heart ${clauseText(heart)} of ${petals} clauses of size ${size}: ` : '';
      lines.push(`${'  '.repeat(depth)}${branch === 'heart' ? '├ ' : '└ '}${head}${what}`);
    }
    const clauses = made.clauses.map(clauseText).join(' ∧ ');
    lines.push(`${'  '.repeat(path.length)}leaf ${++leaf}: ${clip(clauses === '' ? 'true' : clauses)}`);
    before = path;
    if (lines.length > 200) break;
  }
  return lines;
}

const sameStep = (a: SparsifyStep, b: SparsifyStep): boolean =>
  a.branch === b.branch && a.heart.join() === b.heart.join();

const literalText = (literal: number): string => `${literal < 0 ? '¬' : ''}x${Math.abs(literal)}`;

const clauseText = (clause: Clause): string =>
  clause.length === 0 ? 'false' : `(${clause.map(literalText).join(' ∨ ')})`;

function matricesOf({ q, k, scale }: Attention): string[] {
  return [
    `Q is ${q.rows} × ${q.columns}, K is ${k.rows} × ${k.columns}, the scale ${short(scale)}; their first rows:`,
    ...numbers('q', q),
    ...numbers('k', k),
  ];
}

function numbers(name: string, matrix: Attention['q']): string[] {
  const rows = Math.min(4, matrix.rows);
  const block = entries({ ...matrix, rows });
  return Array.from({ length: rows }, (_, row) => {
    const cells = Array.from({ length: Math.min(10, matrix.columns) }, (_c, c) =>
      short(block[row * matrix.columns + c]!).padStart(9),
    );
    return `${name}_${row}: ${cells.join(' ')}${matrix.columns > 10 ? ' …' : ''}`;
  });
}

const bits = (matrix: BitMatrix, name: string): string[] =>
  cut(Array.from({ length: matrix.rows }, (_, row) => `${name}_${row}: ${bitRow(matrix, row)}`));

const bitRow = (matrix: BitMatrix, row: number): string =>
  clip(
    Array.from({ length: Math.min(matrix.columns, mostColumns + 1) }, (_, c) =>
      getBit(matrix, row, c) ? '1' : '·',
    ).join(''),
    mostColumns,
  );

/** A matrix of whole numbers, cut to what a terminal holds. */
function table(rows: number, columns: number, value: (i: number, j: number) => number): string[] {
  const shown = Math.min(columns, mostRows);
  const cells = Array.from({ length: Math.min(rows, mostRows) }, (_, i) =>
    Array.from({ length: shown }, (_c, j) => `${value(i, j)}`),
  );
  const width = Math.max(1, ...cells.flat().map((cell) => cell.length));
  const lines = cells.map(
    (row) => row.map((cell) => cell.padStart(width)).join(' ') + (columns > shown ? ' …' : ''),
  );
  return rows > mostRows ? [...lines, `… ${rows} rows in all`] : lines;
}

const clip = (text: string, most: number = 100): string =>
  text.length > most ? `${text.slice(0, most)}…` : text;

const cut = (lines: readonly string[], most: number = mostRows): string[] =>
  lines.length <= most ? [...lines] : [...lines.slice(0, most), `… ${lines.length} in all`];

const short = (x: number): string => String(Number(x.toPrecision(4)));
