/** `seth transition`: the sharp transition, measured, into files. */
import { join } from 'node:path';
import { transitionConfig } from '../../experiments/transition/config.ts';
import { toCsv } from '../../experiments/transition/csv.ts';
import {
  runTransition,
  type Measured,
  type Times,
  type Transition,
} from '../../experiments/transition/run.ts';
import { cpuOracle } from '../../oracles/cpu/cpu.ts';
import { polynomialOracle } from '../../oracles/polynomial/polynomial.ts';
import type { TransitionArguments } from '../commands/transition.ts';
import { exits } from '../faults.ts';
import { makeFolder } from '../make-folder.ts';
import { numberOf } from '../options.ts';
import { openProgress } from '../progress.ts';
import { version } from '../version.ts';
import { pngMaker } from '../png.ts';
import { transitionFigure } from '../transition-figure.ts';
import { print, writeWhole } from '../write.ts';

export async function transition(args: TransitionArguments): Promise<number> {
  const seed = numberOf('seed', args.seed, { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true }) ?? 1;
  const [draw, toPng] = await Promise.all([transitionFigure(), pngMaker()]);
  await makeFolder(args.out);
  const oracles = { polynomial: polynomialOracle(), exact: cpuOracle({ path: 'dense' }) };
  const progress = await openProgress(args.progress);
  try {
    const result = await runTransition(transitionConfig(args.quick, seed), oracles, (done) =>
      progress.update(done, 'transition'),
    );
    const { times, ...rest } = result;
    const svg = draw(result);
    const files = {
      'transition.json': `${JSON.stringify({ version: version(), ...rest }, null, 1)}\n`,
      'paper.csv': toCsv(result.paper),
      'powers.csv': toCsv(result.powers),
      'measured.csv': toCsv(result.measured),
      'times.csv': toCsv(times),
      'hard.csv': toCsv(result.hard),
      'transition.svg': svg,
      'transition.png': toPng(svg),
    };
    for (const [name, text] of Object.entries(files)) {
      await writeWhole(join(args.out, name), (write) => write(text));
    }
    progress.stop();
    const names = Object.keys(files).map((name) => join(args.out, name));
    await print(
      args.json ? `${JSON.stringify(asJson(result, names))}\n` : names.map((name) => `${name}\n`).join(''),
    );
  } finally {
    progress.stop();
    await Promise.all([oracles.polynomial.close(), oracles.exact.close()]);
  }
  return exits.ok;
}

/** One object: what transition.json has, with each measured row's seconds in it, and the files. */
function asJson({ times, measured, ...rest }: Transition, files: readonly string[]): object {
  const timeOf = ({ log2n, gamma }: Measured): Times | undefined =>
    times.find((time) => time.log2n === log2n && time.gamma === gamma);
  return {
    version: version(),
    ...rest,
    measured: measured.map((row) => ({
      ...row,
      seconds: timeOf(row)?.seconds ?? null,
      exactSeconds: timeOf(row)?.exactSeconds ?? null,
    })),
    files,
  };
}
