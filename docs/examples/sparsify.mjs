// Sparsification: a formula is the OR of leaves in which no set of literals is in many clauses of one size. Their models
// unite to the models of the formula.
import { isModel, leavesOf, sparsify } from 'seth-attention';

const cnf = {
  variables: 6,
  clauses: [
    [1, 2, 3],
    [1, 2, 4],
    [1, 2, 5],
    [1, -3, 6],
    [-2, -4, -6],
  ],
};
const options = { thresholds: [3] }; // a heart is heavy when 3 clauses share it; the theory's thresholds are far larger

const assignments = Array.from({ length: 64 }, (_, bits) =>
  [0, 1, 2, 3, 4, 5].map((k) => ((bits >> k) & 1) === 1),
);
const modelsOf = (formula) =>
  assignments.filter((assignment) => isModel(formula, assignment)).map((a) => a.map(Number).join(''));

const union = new Set();
for (const { cnf: leaf, path } of leavesOf(cnf, options)) {
  const models = modelsOf(leaf);
  models.forEach((model) => union.add(model));
  const branches = path.map(({ branch, heart }) => `${branch} of {${heart.join(' ')}}`).join(', ');
  console.log(
    `${branches}: ${leaf.clauses.map((clause) => `(${clause.join(' ')})`).join('')}, ${models.length} models`,
  );
}
const all = modelsOf(cnf);
console.log(`${union.size} different models in the leaves, ${all.length} in the formula`);
console.log('the same:', all.every((model) => union.has(model)) && union.size === all.length);
for (const { parameter, promised, actual } of sparsify.ledger(cnf, options))
  console.log(`  ${parameter}: ${actual} (${promised})`);
