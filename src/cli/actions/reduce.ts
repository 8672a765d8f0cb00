/** `seth reduce`: the arrows of the chain as files, one vector or one clause a line. */
import { join } from 'node:path';
import { writeDimacs } from '../../formats/dimacs.ts';
import type { Cnf } from '../../problems/cnf.ts';
import { getBit, type BitMatrix, type OrthogonalVectors } from '../../problems/orthogonal-vectors.ts';
import { chainBytes, requireFeasible } from '../../verify/limits.ts';
import { describePaperSize, requirePaperFeasible } from '../../verify/paper-limits.ts';
import { allMessages } from '../../../reductions/all-messages.ts';
import { maxIpToClosestPair } from '../../../reductions/max-ip-to-closest-pair.ts';
import { pcpFor } from '../../../reductions/paper-route.ts';
import { preprocess } from '../../../reductions/preprocess.ts';
import type { LedgerEntry } from '../../../reductions/reduction.ts';
import { leavesOf, sparsify, type SparsifyStep } from '../../../reductions/sparsify.ts';
import { splitAndList } from '../../../reductions/split-and-list.ts';
import type { ReduceArguments } from '../commands/reduce.ts';
import { exits, note, UsageError, warn } from '../faults.ts';
import { readFormula, type Formula } from '../formula.ts';
import { inFile } from '../instance-input.ts';
import { makeFolder } from '../make-folder.ts';
import { memoryOf, requireWithout } from '../options.ts';
import { pcpOf, sparsifyOptions } from '../paper-options.ts';
import { print, writeWhole, type Write } from '../write.ts';

export async function reduce(args: ReduceArguments): Promise<number> {
  const memory = memoryOf(args);
  if (args.to === 'sparse' && args.output === '-' && !args.json) {
    throw new UsageError('leaves are files of their own: name a directory after -o, or ask for --json');
  }
  requireNoOthers(args);
  const formula = await readFormula(args.file, args.strict);
  formula.warnings.forEach(warn);
  if (args.to === 'sparse') await writeLeaves(formula, args);
  else {
    const make = inFile(args.file, () => vectorsOf(formula.cnf, args, memory));
    await writeWhole(args.output, async (write) => writeVectors(make(), formula, args, write));
  }
  return exits.ok;
}

/** Throws a `UsageError` for an option that has no part in the arrows to the problem that is asked for. */
function requireNoOthers(args: ReduceArguments): void {
  const found = `--to is ${args.to}`;
  if (args.to === 'sparse') {
    requireWithout(args, ['split', 'prune'], '--to ov, max-ip and closest-pair', found);
  } else requireWithout(args, ['thresholds', 'alpha'], '--to sparse', found);
  if (args.to === 'max-ip' || args.to === 'closest-pair') return;
  requireWithout(args, ['pcp', 'pure'], '--to max-ip and closest-pair', found);
}

/** Vectors with what is said of them. */
interface Made {
  readonly problem: string;
  readonly theorem: string;
  readonly vectors: OrthogonalVectors;
  /** Thresholds of a gap problem. */
  readonly gap: Readonly<Record<string, number>>;
  readonly ledger: readonly LedgerEntry[];
}

/** Makes the vectors when it is called; that they fit has been checked. */
function vectorsOf(cnf: Cnf, args: ReduceArguments, memory: number): () => Made {
  const halves = { split: args.split ?? 'order', prune: args.prune };
  if (args.to === 'ov') {
    requireFeasible(cnf, memory, (v, clauses) => chainBytes(v, clauses, 1));
    return () => ({
      problem: 'Orthogonal Vectors',
      theorem: `${splitAndList.theorem}: coordinate c is 1 where no literal of clause c holds`,
      vectors: splitAndList.encode(cnf, halves),
      gap: {},
      ledger: splitAndList.ledger(cnf, halves),
    });
  }
  const small = preprocess.encode(cnf, args);
  const pcp = pcpOf(args.pcp);
  const size = requirePaperFeasible(small, 'strengthened', memory, ({ bytes }) => bytes, pcp);
  const parameters = pcpFor(small, { pcp: size.pcp });
  if (!args.json) note(`${small.clauses.length} clauses after preprocessing: ${describePaperSize(size)}`);
  return () => {
    const orthogonal = splitAndList.encode(small, halves);
    const source = allMessages.encode(orthogonal, parameters);
    const ledger = [
      ...preprocess.ledger(cnf, args),
      ...splitAndList.ledger(small, halves),
      ...allMessages.ledger(orthogonal, parameters),
    ];
    if (args.to === 'max-ip') {
      const { left, right, high, low } = source;
      return {
        problem: 'Gap Max-IP',
        theorem: `${allMessages.theorem}: left vectors of all messages, one message after the other`,
        vectors: { left, right },
        gap: { high, low },
        ledger,
      };
    }
    const { left, right, near, far } = maxIpToClosestPair.encode(source, undefined);
    return {
      problem: 'Gap Hamming closest pair',
      theorem: `${maxIpToClosestPair.theorem}: points of all messages, one message after the other`,
      vectors: { left, right },
      gap: { near, far },
      ledger: [...ledger, ...maxIpToClosestPair.ledger(source, undefined)],
    };
  };
}

async function writeVectors(
  { problem, theorem, vectors: { left, right }, gap, ledger }: Made,
  { sha256 }: Formula,
  args: ReduceArguments,
  write: Write,
): Promise<void> {
  const thresholds = Object.entries(gap);
  if (args.json) {
    await write(`{"dimension":${left.columns},`);
    for (const [name, value] of thresholds) await write(`"${name}":${value},`);
    await write('"left":[');
    await writeRows(left, write, (row, at) => `${at === 0 ? '' : ','}"${row}"`);
    await write('],"right":[');
    await writeRows(right, write, (row, at) => `${at === 0 ? '' : ','}"${row}"`);
    await write(`],"ledger":${JSON.stringify(ledger)}}\n`);
    return;
  }
  const head = [
    `c ${problem} of a formula with SHA-256 ${sha256}`,
    `c ${theorem}`,
    ...thresholds.map(([name, value]) => `c ${name} ${value}`),
    ...ledger.map(factOf),
    '',
  ];
  await write(head.join('\n'));
  await writeRows(left, write, (row) => `left ${row}\n`);
  await writeRows(right, write, (row) => `right ${row}\n`);
}

const factOf = ({ parameter, promised, actual }: LedgerEntry): string =>
  `c ${parameter}: ${promised}; here ${actual}`;

/** Each leaf as it is found: a file of its own in a directory, or with --json a line. The ledger comes last. */
async function writeLeaves({ cnf, sha256 }: Formula, args: ReduceArguments): Promise<void> {
  const options = sparsifyOptions(args);
  const ledger = (): readonly LedgerEntry[] => sparsify.ledger(cnf, options);
  if (args.json) {
    await writeWhole(args.output, async (write) => {
      let leaf = 0;
      for (const { cnf: made, path } of leavesOf(cnf, options)) {
        await write(`${JSON.stringify({ leaf: ++leaf, ...made, path })}\n`);
      }
      await write(`${JSON.stringify({ leaves: leaf, ledger: ledger() })}\n`);
    });
    return;
  }
  await makeFolder(args.output);
  let leaf = 0;
  for (const { cnf: made, path } of leavesOf(cnf, options)) {
    const name = `leaf-${String(++leaf).padStart(6, '0')}.cnf`;
    const comments = [`leaf ${leaf} of the formula with SHA-256 ${sha256}`, ...path.map(describeStep)];
    await writeWhole(join(args.output, name), (write) => write(writeDimacs(made, comments)));
  }
  await print(`${[`${leaf} leaves in ${args.output}`, ...ledger().map(factOf)].join('\n')}\n`);
}

const describeStep = ({ branch, heart, size, petals }: SparsifyStep): string =>
  `${branch} branch of the heart ${heart.join(' ')} of ${petals} clauses of size ${size}`;

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
