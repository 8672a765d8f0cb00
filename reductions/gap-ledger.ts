/** The ledger of an arrow from a gap problem to attention. */
import type { GapAttention } from './gap-attention.ts';
import type { LedgerEntry } from './reduction.ts';

/** `n` right vectors; `additive`: the additive error that the theorem tolerates, in words. */
export function gapLedger(
  { attention: { q, k, scale }, gap: { near, far }, bound, additive: tolerated }: GapAttention,
  n: number,
  additive: string,
): readonly LedgerEntry[] {
  const inPaper = bound * Math.sqrt(scale * q.columns);
  return [
    { parameter: 'queries', promised: 'O(n)', actual: `${q.rows}` },
    { parameter: 'keys', promised: '2n', actual: `${k.rows}` },
    { parameter: 'head dimension', promised: 'O(log n)', actual: `${q.columns}` },
    { parameter: 'B', promised: 'Θ(√log n)', actual: figure(bound) },
    {
      parameter: 'B/√(ln n)',
      promised: 'Θ(1)',
      actual: n > 1 ? figure(inPaper / Math.sqrt(Math.log(n))) : '-',
    },
    { parameter: 'a close row', promised: '≥', actual: figure(near) },
    { parameter: 'a far row', promised: '≤', actual: figure(far) },
    { parameter: 'additive error tolerated', promised: additive, actual: figure(tolerated) },
  ];
}

const figure = (x: number): string => x.toPrecision(4);
