// Williams's reduction by hand: one vector for each assignment of half of the variables, a 1 at each clause that the
// half leaves unsatisfied. Orthogonal pairs are models.
import { getBit, isModel, isOrthogonal, plainSplit, splitAndList } from 'seth-attention';

const cnf = {
  variables: 4,
  clauses: [
    [1, 3],
    [-1, 2],
    [-2, -3, 4],
    [-4, 1],
  ],
};

const byHand = (variables, assignment) =>
  cnf.clauses.map((clause) =>
    clause.some((literal) => {
      const k = variables.indexOf(Math.abs(literal));
      return k >= 0 && assignment[k] === literal > 0;
    })
      ? 0
      : 1,
  );
const assignments = [0, 1, 2, 3].map((row) => [0, 1].map((k) => ((row >> k) & 1) === 1));
const left = assignments.map((values) => byHand([1, 2], values));
const right = assignments.map((values) => byHand([3, 4], values));

const vectors = splitAndList.encode(cnf, plainSplit);
const bits = (matrix, row) => cnf.clauses.map((_, c) => getBit(matrix, row, c));
left.forEach((a, i) => console.log(`a_${i} ${a.join('')}    b_${i} ${right[i].join('')}`));
console.log(
  'the same as splitAndList:',
  left.every((a, i) => a.join() === bits(vectors.left, i).join()),
);

for (let i = 0; i < 4; i++) {
  for (let j = 0; j < 4; j++) {
    if (!isOrthogonal(vectors, { i, j })) continue;
    const model = [...assignments[i], ...assignments[j]];
    console.log(
      `a_${i} ⊥ b_${j}: ${model.map(Number).join(' ')}`,
      isModel(cnf, model) ? 'is a model' : 'is none',
    );
  }
}
