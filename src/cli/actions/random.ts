/** `seth random`: a formula of a family, as DIMACS or JSON. */
import { toLiterals } from '../../problems/cnf.ts';
import { InputError } from '../../problems/input-error.ts';
import type { Family, Generated } from '../../problems/families/family.ts';
import { writeDimacs } from '../../formats/dimacs.ts';
import type { RandomArguments } from '../commands/random.ts';
import { exits } from '../faults.ts';
import { numberOf } from '../options.ts';
import { writeWhole } from '../write.ts';

export async function generateFormula(family: Family, name: string, args: RandomArguments): Promise<number> {
  const values: Record<string, number> = {};
  for (const { name, min, max, type } of family.parameters) {
    const value = numberOf(name, args[name], { min, max, whole: type === 'integer' });
    if (value !== undefined) values[name] = value;
  }
  const seed = numberOf('seed', args.seed, { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true }) ?? 1;
  const generated = naming(() => family.generate(values, seed));
  const { cnf, comments } = generated;
  const text = args.json ? json(name, family.seeded ? seed : null, generated) : writeDimacs(cnf, comments);
  await writeWhole(args.output, (write) => write(text));
  return exits.ok;
}

function json(family: string, seed: number | null, { cnf, comments, known = {} }: Generated): string {
  const { models, satisfiable, planted } = known;
  const object = {
    family,
    seed,
    command: comments.at(-1),
    ...cnf,
    ...(models === undefined ? {} : { models: String(models) }),
    ...(satisfiable === undefined ? {} : { satisfiable }),
    ...(planted === undefined ? {} : { planted: toLiterals(planted) }),
  };
  return `${JSON.stringify(object)}\n`;
}

/** Parameters are options here, and errors name them so. */
function naming<T>(generate: () => T): T {
  try {
    return generate();
  } catch (error) {
    if (!(error instanceof InputError) || error.fault.field === undefined) throw error;
    throw new InputError({ ...error.fault, field: `--${error.fault.field}` });
  }
}
