/** Where the clauses stand in the text that they were read from, so that pointing goes from the one to the other. */

/** A clause's characters: from `start` up to but not including `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Of a text that `parseDimacs` has taken: a span a clause, from its first literal to its 0. */
export function dimacsSpans(text: string): Span[] {
  const spans: Span[] = [];
  const header = /^[ \t]*p.*$/m.exec(text);
  const from = header === null ? 0 : header.index + header[0].length;
  let start: number | undefined;
  for (const { 0: token, index } of text.slice(from).matchAll(/c.*|%|-?\d+/g)) {
    if (token === '%') break; // SATLIB's end
    if (token.startsWith('c')) continue;
    start ??= from + index;
    if (Number(token) !== 0) continue;
    spans.push({ start, end: from + index + token.length });
    start = undefined;
  }
  return spans;
}

/** The clause at a place of the text, or else the nearest on the same line; undefined where the line has none. */
export function clauseAt(spans: readonly Span[], text: string, place: number): number | undefined {
  const line = { start: text.lastIndexOf('\n', place - 1) + 1, end: text.indexOf('\n', place) };
  const end = line.end === -1 ? text.length : line.end;
  const gap = (span: Span): number => Math.max(0, span.start - place, place - span.end);
  let best: number | undefined;
  spans.forEach((span, c) => {
    if (span.start > end || span.end < line.start) return;
    if (best === undefined || gap(span) < gap(spans[best]!)) best = c;
  });
  return best;
}

/** A span on a grid of characters: its first line and column, counted from 0, how many lines, how many columns in the first. */
export function placeOf(
  text: string,
  { start, end }: Span,
): { readonly line: number; readonly column: number; readonly lines: number; readonly columns: number } {
  const before = text.slice(0, start).split('\n');
  const within = text.slice(start, end).split('\n');
  return {
    line: before.length - 1,
    column: before.at(-1)!.length,
    lines: within.length,
    columns: within[0]!.length,
  };
}
