// Two lists of 0/1 vectors: is there one in each with inner product 0?
import { fromOnes, innerProduct } from 'seth-attention';

// A vector is given by the coordinates, 0 … 3, at which it has a 1.
const vectors = {
  left: fromOnes(4, [[0, 1], [2], [1, 3]]),
  right: fromOnes(4, [[0, 3], [1, 2], [0, 2]]), // prettier-ignore
};

for (let i = 0; i < vectors.left.rows; i++) {
  const row = [0, 1, 2].map((j) => innerProduct(vectors, { i, j }));
  console.log(`a_${i}: ${row.join(' ')}${row.includes(0) ? `   orthogonal to b_${row.indexOf(0)}` : ''}`);
}
