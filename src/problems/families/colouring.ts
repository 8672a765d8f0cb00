/**
 * Graph colouring: a random graph with the given numbers of vertices and edges (Erdős and Rényi 1959), a colour
 * for each vertex, different ones at the two ends of an edge. Every vertex has exactly one colour, so the models
 * are the proper colourings.
 */
import type { Clause } from '../cnf.ts';
import { command, resolve, tooLarge } from './family.ts';
import type { Family, Parameter } from './family.ts';
import { random } from './random.ts';

const parameters: readonly Parameter[] = [
  { name: 'vertices', type: 'integer', default: 6, min: 1, max: 1000, description: 'Vertices of the graph' },
  { name: 'edges', type: 'integer', default: 10, min: 0, max: 100000, description: 'Edges of the graph' },
  { name: 'colours', type: 'integer', default: 3, min: 1, max: 16, description: 'Colours' },
];

/** Colourings are counted on the graph up to so many assignments of colours to vertices. */
const countLimit = 1e6;

export const colouring: Family = {
  description:
    'Colouring a random graph with given numbers of vertices and edges (Erdős and Rényi 1959); models are the proper colourings',
  parameters,
  seeded: true,
  generate(params, seed) {
    const values = resolve(parameters, params);
    const vertices = values['vertices']!;
    const edgeCount = values['edges']!;
    const colours = values['colours']!;
    const most = (vertices * (vertices - 1)) / 2;
    if (edgeCount > most) {
      throw tooLarge('edges', edgeCount, most, `the edges of a complete graph with ${vertices} vertices`);
    }
    const edges = random(seed).subset(edgeCount, most).map(edge);
    const has = (vertex: number, colour: number): number => vertex * colours + colour + 1;
    const palette = Array.from({ length: colours }, (_, colour) => colour);

    const clauses: Clause[] = [];
    for (let vertex = 0; vertex < vertices; vertex++) {
      clauses.push(palette.map((colour) => has(vertex, colour)));
      for (const second of palette) {
        for (let first = 0; first < second; first++)
          clauses.push([-has(vertex, first), -has(vertex, second)]);
      }
    }
    for (const [u, w] of edges) {
      clauses.push(...palette.map((colour): Clause => [-has(u, colour), -has(w, colour)]));
    }

    const models = colours ** vertices <= countLimit ? countColourings(vertices, edges, colours) : undefined;
    return {
      cnf: { variables: vertices * colours, clauses },
      comments: [
        `colouring a graph with ${vertices} vertices and ${edgeCount} edges with ${colours} colours`,
        `edges ${edges.map(([u, w]) => `${u + 1}-${w + 1}`).join(' ')}`,
        `variable ${colours}(v - 1) + c: vertex v has colour c`,
        command('colouring', values, seed),
      ],
      ...(models === undefined ? {} : { known: { models, satisfiable: models > 0n } }),
    };
  },
};

type Edge = readonly [number, number];

/** The pairs u < w of vertices, numbered by w and then by u. */
function edge(index: number): Edge {
  let w = 1;
  while (index >= w) index -= w++;
  return [index, w];
}

/** Proper colourings, vertex by vertex; on the graph, not on the formula. */
function countColourings(vertices: number, edges: readonly Edge[], colours: number): bigint {
  const smaller = Array.from({ length: vertices }, (_, v) =>
    edges.filter(([, w]) => w === v).map(([u]) => u),
  );
  const colourOf = new Int32Array(vertices);
  const count = (vertex: number): number => {
    if (vertex === vertices) return 1;
    let found = 0;
    for (let colour = 0; colour < colours; colour++) {
      if (smaller[vertex]!.some((u) => colourOf[u] === colour)) continue;
      colourOf[vertex] = colour;
      found += count(vertex + 1);
    }
    return found;
  };
  return BigInt(count(0));
}
