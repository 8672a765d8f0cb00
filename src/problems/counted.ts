/** `1 clause`, `2 clauses`: a number with its noun, whose plural has an s. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
