/** Pictures of more entries than there are pixels: blocks of entries, each shown by its strongest. */

/**
 * Of a matrix of `rows` by `columns` entries, given row after row, the place of the strongest entry in each of `down` by
 * `across` blocks. An average would lose what is rare: one model among a million pairs.
 */
export function strongestOfBlocks(
  strength: Uint8Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  { down, across }: { readonly down: number; readonly across: number },
): Uint32Array {
  const found = new Uint32Array(down * across);
  const best = new Int16Array(down * across).fill(-1);
  const blockOf = Uint32Array.from({ length: columns }, (_, c) => Math.floor((c * across) / columns));
  for (let r = 0; r < rows; r++) {
    const start = Math.floor((r * down) / rows) * across;
    for (let c = 0; c < columns; c++) {
      const at = r * columns + c;
      const block = start + blockOf[c]!;
      if (strength[at]! <= best[block]!) continue;
      best[block] = strength[at]!;
      found[block] = at;
    }
  }
  return found;
}
