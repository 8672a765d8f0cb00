/** What of a program's standard error says why it failed: a few lines, made one. */
import { stripVTControlCharacters } from 'node:util';

const shownLines = 3;
const shownCharacters = 160;

/** `ValueError: bad shape`, `torch.cuda.OutOfMemoryError: …`, `Error [ERR_MODULE_NOT_FOUND]: …`. */
const namesError = /^\S*(Error|Exception)\b.*:/;

/**
 * The last lines that say something, and the last that names an error whatever was said after it: no colours, no
 * markers under a line of code as Python has them, no Node stack, and nothing of the error's properties, which Node
 * prints after its stack.
 */
export function lastWords(text: string): string {
  const lines = withoutProperties(stripVTControlCharacters(text).split(/[\r\n]+/))
    .map((line) => line.trim())
    .filter(
      (line) => line !== '' && !/^([\^~\s]+|at .*|\.\.\. \d+ lines matching .*|Node\.js v[\d.]+)$/.test(line),
    );
  const last = Math.max(0, lines.length - shownLines);
  const error = lines.findLastIndex((line) => namesError.test(line));
  const from = error < 0 ? last : Math.min(last, error);
  return lines
    .slice(from, from + shownLines)
    .map((line) => (line.length > shownCharacters ? `${line.slice(0, shownCharacters)}…` : line))
    .join(' | ');
}

/** Without what stands between `    at place {` and the brace that ends it, except for the causes. */
function withoutProperties(lines: readonly string[]): readonly string[] {
  let inside = false;
  return lines.filter((line) => {
    if (/^\s+at .*\{$/.test(line)) inside = true;
    else if (line === '}' || line.startsWith('Node.js v')) {
      if (inside) return (inside = false);
    } else if (inside) return /^\s+\[cause\]: /.test(line);
    return true;
  });
}
