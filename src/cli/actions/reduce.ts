/** `seth reduce --to ov`: a formula's Orthogonal Vectors, one vector a line. */
import { getBit, type BitMatrix } from '../../problems/orthogonal-vectors.ts';
import { chainBytes, requireFeasible } from '../../verify/limits.ts';
import { splitAndList } from '../../../reductions/split-and-list.ts';
import type { ReduceArguments } from '../commands/reduce.ts';
import { exits, warn } from '../faults.ts';
import { readFormula } from '../formula.ts';
import { inFile } from '../instance-input.ts';
import { memoryOf } from '../options.ts';
import { writeWhole, type Write } from '../write.ts';

export async function reduce(args: ReduceArguments): Promise<number> {
  const memory = memoryOf(args);
  const formula = await readFormula(args.file, args.strict);
  formula.warnings.forEach(warn);
  const { cnf, sha256 } = formula;
  inFile(args.file, () => requireFeasible(cnf, memory, (v, clauses) => chainBytes(v, clauses, 1)));
  await writeWhole(args.output, async (write) => {
    const { left, right } = splitAndList.encode(cnf, args);
    const ledger = splitAndList.ledger(cnf, args);
    if (args.json) {
      await write(`{"dimension":${left.columns},"left":[`);
      await writeRows(left, write, (row, at) => `${at === 0 ? '' : ','}"${row}"`);
      await write('],"right":[');
      await writeRows(right, write, (row, at) => `${at === 0 ? '' : ','}"${row}"`);
      await write(`],"ledger":${JSON.stringify(ledger)}}\n`);
      return;
    }
    const facts = ledger.map(
      ({ parameter, promised, actual }) => `c ${parameter}: ${promised}; here ${actual}`,
    );
    await write(
      [
        `c Orthogonal Vectors of a formula with SHA-256 ${sha256}`,
        `c ${splitAndList.theorem}: coordinate c is 1 where no literal of clause c holds`,
        ...facts,
        '',
      ].join('\n'),
    );
    await writeRows(left, write, (row) => `left ${row}\n`);
    await writeRows(right, write, (row) => `right ${row}\n`);
  });
  return exits.ok;
}

/** Characters that are written at a time. */
const blockLength = 2 ** 16;

async function writeRows(
  matrix: BitMatrix,
  write: Write,
  line: (row: string, at: number) => string,
): Promise<void> {
  let block = '';
  for (let at = 0; at < matrix.rows; at++) {
    let row = '';
    for (let c = 0; c < matrix.columns; c++) row += getBit(matrix, at, c);
    block += line(row, at);
    if (block.length < blockLength) continue;
    await write(block);
    block = '';
  }
  await write(block);
}
