/**
 * What goes wrong between the heads of one call: a tensor of another head is used, batch and head are swapped, a tensor is
 * viewed as if it were in the other layout. Heads stand batch after batch, as in `HeadsCall`.
 */
import { layouts, type Layout } from '../oracle.ts';
import { fileOrder } from './heads.ts';
import { attend, farthest, type Matrices, type Mistake, type Rows } from './mistakes.ts';
import { inOrder } from './order.ts';

/** As `Mistake`, with an output a head. */
export interface HeadsMistake extends Omit<Mistake, 'output'> {
  readonly outputs: readonly Rows[];
}

type Name = keyof Matrices;

const names: readonly Name[] = ['q', 'k', 'v'];

/** `head 5 (batch 1, head 2)`: the number among all, as elsewhere, and the place. */
export const headName = (head: number, heads: number, batches: number): string =>
  `head ${head} (batch ${Math.floor(head / (heads / batches))}, head ${head % (heads / batches)})`;

/**
 * If each head's output is explained best by tensors of which some are another head's: the output that they make. A head
 * may have another's k or v or both, or another's q, or all three.
 */
export function mixedHeads(
  found: readonly Rows[],
  heads: readonly Matrices[],
  batches: number,
  scale: number,
): HeadsMistake | undefined {
  const chosen = found.map((rows, h) => {
    const all = mixturesFor(h, heads.length).map((from) => {
      const [q, k, v] = names.map((name) => heads[from[name]]![name]) as [Rows, Rows, Rows];
      const output = attend({ q, k, v }, scale);
      return { from, output, off: farthest(rows, output) };
    });
    return all.reduce((a, b) => (b.off < a.off ? b : a));
  });
  const foreign = names.filter((name) => chosen.some(({ from }, h) => from[name] !== h));
  if (foreign.length === 0) return undefined;
  const outputs = chosen.map(({ output }) => output);
  const each = heads.length / batches;
  const swapped = heads.map((_, h) => (h % each) * batches + Math.floor(h / each));
  const isSwap = (map: readonly number[]): boolean =>
    chosen.every(({ from }, h) => names.every((name) => from[name] === map[h]));
  if (isSwap(swapped) || isSwap(heads.map((_, h) => swapped.indexOf(h)))) {
    return {
      name: 'batch and head swapped',
      is: 'attention with batch and head swapped',
      hint: `head h of batch b is number b · ${each} + h of the ${heads.length}; check strides`,
      outputs,
    };
  }
  const list = listed(foreign);
  const at = chosen.findIndex(({ from }, h) => from[foreign[0]!] !== h);
  const head = (h: number): string => headName(h, heads.length, batches);
  return {
    name: `${list} of another head`,
    is: `attention with ${list} of another head: ${head(at)} has the ${foreign[0]} of ${head(chosen[at]!.from[foreign[0]!])}`,
    hint: 'every head has a q, k and v of its own; look at the strides of batch and head',
    outputs,
  };
}

/** Which head's q, k and v may be meant for head h. */
function mixturesFor(h: number, count: number): readonly Readonly<Record<Name, number>>[] {
  const all = Array.from({ length: count }, (_, other) => other);
  const foreign = all.filter((other) => other !== h);
  return [
    ...all.flatMap((k) => all.map((v) => ({ q: h, k, v }))),
    ...foreign.map((q) => ({ q, k: h, v: h })),
    ...foreign.map((other) => ({ q: other, k: other, v: other })),
  ];
}

/** Some of q, k, v and the output viewed in the other layout, where they had to be transposed. */
export function viewMistakes(
  heads: readonly Matrices[],
  batches: number,
  layout: Layout,
  scale: number,
): readonly HeadsMistake[] {
  const other = layouts.find((name) => name !== layout)!;
  const viewed = (from: Layout, to: Layout, matrices: readonly Rows[]): readonly Rows[] => {
    const rows = matrices[0]!.length;
    const order = (name: Layout): Uint32Array =>
      fileOrder(
        { layout: name, batches, heads },
        heads.map(() => inOrder(rows)),
      );
    const [standing, taken] = [order(from), order(to)];
    const tall = matrices.flat();
    const result = tall.slice();
    standing.forEach((row, at) => (result[taken[at]!] = tall[row]!));
    return matrices.map((_, h) => result.slice(h * rows, (h + 1) * rows));
  };
  const asViewed = Object.fromEntries(
    names.map((name) => [
      name,
      viewed(
        layout,
        other,
        heads.map((head) => head[name]),
      ),
    ]),
  ) as unknown as Readonly<Record<Name, readonly Rows[]>>;
  const tensors = [...names, 'the output'] as const;
  return subsets(tensors).map((wrong) => {
    const outputs = heads.map((head, h) => {
      const of = (name: Name): Rows => (wrong.includes(name) ? asViewed[name][h]! : head[name]);
      return attend({ q: of('q'), k: of('k'), v: of('v') }, scale);
    });
    const list = listed(wrong);
    return {
      name: `view of ${list}`,
      is: `attention with ${list} taken to be in ${other}`,
      hint: `the layout is ${layout}: transpose the axes of heads and rows, a view or reshape leaves them where they are`,
      outputs: wrong.includes('the output') ? viewed(other, layout, outputs) : outputs,
    };
  });
}

/** All but the empty one. */
function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: 2 ** items.length - 1 }, (_, s) => items.filter((_, e) => ((s + 1) >> e) & 1));
}

/** `q, k and v` */
const listed = (items: readonly string[]): string =>
  [items.slice(0, -1).join(', '), ...items.slice(-1)].filter((part) => part !== '').join(' and ');
