/**
 * Random formulas and vectors that everyone's properties use; all of them shrink to small ones.
 *
 * Two arbitraries for formulas, because each is blind where the other sees: `cnfArb` makes every corner (no
 * variables, empty and tautological clauses, repeated literals, unused variables), but its long formulas are nearly
 * always unsatisfiable, so that a fault in the second word of a bit-packed vector survives it; `plantedCnfArb`
 * makes long formulas that have a model.
 */
import * as fc from 'fast-check';
import type { Assignment, Clause, Cnf } from '../../src/problems/cnf.ts';
import { holds } from '../../src/problems/cnf.ts';
import { bitMatrix } from '../../src/problems/orthogonal-vectors.ts';
import type { BitMatrix, OrthogonalVectors } from '../../src/problems/orthogonal-vectors.ts';

export interface CnfSizes {
  readonly maxVariables: number;
  /** By default 12. */
  readonly maxClauses?: number;
  /** Most literals in a clause, by default 4. */
  readonly maxWidth?: number;
}

/** A formula, 0 … maxVariables variables, clauses of 0 … maxWidth literals (one in forty is empty). */
export function cnfArb({ maxVariables, maxClauses = 12, maxWidth = 4 }: CnfSizes): fc.Arbitrary<Cnf> {
  const clause = fc.oneof(
    { weight: 1, arbitrary: fc.constant<Clause>([]) },
    { weight: 39, arbitrary: clauseArb(maxVariables, maxWidth) },
  );
  return fc
    .record({
      variables: fc.integer({ min: 0, max: maxVariables }),
      clauses: fc.array(clause, { maxLength: maxClauses, size: 'max' }),
    })
    .map(({ variables, clauses }) => ({ variables, clauses: within(variables, clauses) }));
}

export interface PlantedCnf {
  readonly cnf: Cnf;
  /** A model of it, seldom the only one. */
  readonly model: Assignment;
}

/**
 * A formula with a model, 1 … maxVariables variables and up to 80 clauses by default: the literals are random, and
 * where the planted model satisfies none of a clause, one of them is negated.
 */
export function plantedCnfArb({
  maxVariables,
  maxClauses = 80,
  maxWidth = 4,
}: CnfSizes): fc.Arbitrary<PlantedCnf> {
  const clause = fc.record({ literals: clauseArb(maxVariables, maxWidth), negated: fc.nat() });
  return fc
    .record({
      model: fc.array(fc.boolean(), { minLength: 1, maxLength: maxVariables, size: 'max' }),
      clauses: fc.array(clause, { maxLength: maxClauses, size: 'max' }),
    })
    .map(({ model, clauses }) => {
      const satisfied = clauses.map(({ literals, negated }) => {
        const [clause] = within(model.length, [literals]) as [Clause];
        if (clause.some((literal) => holds(literal, model))) return clause;
        return clause.map((literal, k) => (k === negated % clause.length ? -literal : literal));
      });
      return { cnf: { variables: model.length, clauses: satisfied }, model };
    });
}

export interface BitMatrixSizes {
  readonly maxRows: number;
  readonly maxColumns: number;
}

/** A 0/1 matrix with 0 … maxRows rows and 0 … maxColumns columns, some rows dense and some sparse. */
export function bitMatrixArb({ maxRows, maxColumns }: BitMatrixSizes): fc.Arbitrary<BitMatrix> {
  return fc
    .record({ columns: fc.nat({ max: maxColumns }), rows: rowsArb(maxRows, maxColumns) })
    .map(({ columns, rows }) => packed(columns, rows));
}

export interface OrthogonalVectorsSizes {
  /** Most vectors on each side. */
  readonly maxVectors: number;
  readonly maxDimension: number;
}

/** Two lists of vectors of one dimension, either possibly empty. Sparse ones are often orthogonal to something. */
export function orthogonalVectorsArb({
  maxVectors,
  maxDimension,
}: OrthogonalVectorsSizes): fc.Arbitrary<OrthogonalVectors> {
  const rows = rowsArb(maxVectors, maxDimension);
  return fc
    .record({ dimension: fc.nat({ max: maxDimension }), left: rows, right: rows })
    .map(({ dimension, left, right }) => ({
      left: packed(dimension, left),
      right: packed(dimension, right),
    }));
}

/** 1 … maxWidth literals over maxVariables variables, in any order, with repetitions and complementary pairs. */
function clauseArb(maxVariables: number, maxWidth: number): fc.Arbitrary<Clause> {
  const literal = fc
    .tuple(fc.integer({ min: 1, max: Math.max(1, maxVariables) }), fc.boolean())
    .map(([variable, positive]) => (positive ? variable : -variable));
  return fc.array(literal, { minLength: 1, maxLength: maxWidth, size: 'max' });
}

/** The clauses with each variable brought into 1 … variables; only the empty ones where there are no variables. */
function within(variables: number, clauses: readonly Clause[]): readonly Clause[] {
  if (variables === 0) return clauses.filter((clause) => clause.length === 0);
  return clauses.map((clause) =>
    clause.map((literal) => Math.sign(literal) * (((Math.abs(literal) - 1) % variables) + 1)),
  );
}

/** Rows of words, each wide enough for maxColumns bits; half, a quarter or a sixteenth of the bits are ones. */
function rowsArb(maxRows: number, maxColumns: number): fc.Arbitrary<readonly (readonly number[])[]> {
  const length = Math.ceil(maxColumns / 32);
  const word = fc.integer({ min: 0, max: 0xffffffff });
  const words = fc.array(word, { minLength: length, maxLength: length, size: 'max' });
  const row = fc
    .tuple(fc.constantFrom(1, 2, 4), fc.tuple(words, words, words, words))
    .map(([factors, all]) =>
      Array.from({ length }, (_, w) => all.slice(0, factors).reduce((bits, one) => bits & one[w]!, -1) >>> 0),
    );
  return fc.array(row, { maxLength: maxRows, size: 'max' });
}

/** The first `columns` bits of each row. */
function packed(columns: number, rows: readonly (readonly number[])[]): BitMatrix {
  const matrix = bitMatrix(rows.length, columns);
  const last = columns % 32 === 0 ? -1 : (1 << (columns % 32)) - 1;
  rows.forEach((row, r) => {
    for (let w = 0; w < matrix.stride; w++) {
      matrix.words[r * matrix.stride + w] = w === matrix.stride - 1 ? row[w]! & last : row[w]!;
    }
  });
  return matrix;
}
