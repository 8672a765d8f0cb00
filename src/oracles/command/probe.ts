/** Does a command oracle work on this machine at all? */
import { denseMatrix } from '../../problems/attention.ts';
import { writeOutput } from '../../formats/output.ts';
import { commandOracle } from './command.ts';

/**
 * Has the least of all programs answer the least of all instances: a process starts, files go to it and come back. Returns
 * the seconds that it took. Rejects as the oracle does.
 */
export async function probeCommand(): Promise<number> {
  const half = denseMatrix(1, 1, Float64Array.of(0.5)); // what attention to a single value of ½ is
  const output = Buffer.from(writeOutput(Float64Array.of(0.5), 1, 1, 'f64', 'npy')).toString('base64');
  // What --eval runs has Node's own modules as globals.
  const program = `fs.writeFileSync(process.argv[2], Buffer.from("${output}", "base64"))`;
  const oracle = await commandOracle(`'${process.execPath}' -e '${program}' {instance} {output}`, {
    timeout: 20,
  });
  try {
    return (await oracle.attend({ q: half, k: half, v: half, scale: 1, dtype: 'f64' })).seconds;
  } finally {
    await oracle.close();
  }
}
