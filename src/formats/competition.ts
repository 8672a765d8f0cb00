/**
 * Answers as the competitions print them: the SAT competition's `s` and `v` lines, and the model counting
 * competition's `c s type mc` and `c s exact arb int N`, which a SAT solver's reader takes for comments.
 */
import type { Outcome } from '../problems/answer.ts';
import { toLiterals } from '../problems/cnf.ts';
import type { Assignment } from '../problems/cnf.ts';

/** The SAT competition's advice for `v` lines. */
const widest = 78;

/** The lines of an answer, each ended by a newline. */
export function competitionLines(answer: Outcome<Assignment>): string {
  return [...lines(answer), ''].join('\n');
}

function lines(answer: Outcome<Assignment>): string[] {
  if (answer.outcome === 'yes') {
    return ['s SATISFIABLE', ...modelLines(answer.witness), ...countLines(answer.count)];
  }
  if (answer.outcome === 'no') return ['s UNSATISFIABLE', ...countLines(0n)];
  return [...comment(answer.reason), ...comment(answer.remedy), 's UNKNOWN'];
}

/** `v` and the literals of the model, then 0, over as many lines as it takes. */
function modelLines(model: Assignment): string[] {
  const result: string[] = [];
  let line = 'v';
  for (const literal of [...toLiterals(model), 0]) {
    const next = `${line} ${literal}`;
    if (next.length <= widest) {
      line = next;
    } else {
      result.push(line);
      line = `v ${literal}`;
    }
  }
  return [...result, line];
}

/** Nothing for a route that cannot count. */
const countLines = (count: bigint | null): string[] =>
  count === null ? [] : ['c s type mc', `c s exact arb int ${count}`];

const comment = (text: string): string[] => text.split(/\r\n|\r|\n/).map((line) => `c ${line}`);
