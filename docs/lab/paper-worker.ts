/** The paper's route on one formula, step by step, off the main thread. */
import {
  explainFormula,
  explainPaperRoute,
  openOracle,
  solveByPaperRoute,
  type AttentionForm,
  type Cnf,
  type ExplainedStep,
  type Oracle,
  type PaperVerifyOptions,
} from 'seth-attention';
import { shrinkMatrix, shrinkWeights, type PaperMatrices } from './paper-matrices.ts';

export interface PaperWish {
  readonly id: number;
  readonly cnf: Cnf;
  readonly form: AttentionForm;
}

export type PaperReply =
  | { readonly id: number; readonly steps: readonly ExplainedStep[]; readonly matrices: PaperMatrices }
  | { readonly id: number; readonly message: string };

/** Bytes that an instance may take: a page should stay small. */
const memory = 2 ** 27;

const oracle = openOracle('cpu');

onmessage = async ({ data: { id, cnf, form } }: MessageEvent<PaperWish>) => {
  const options = {
    pure: true,
    prune: false,
    split: 'order',
    dtype: 'f64',
    scaleName: 'linear',
    tolerance: 0.25,
    form,
    memory,
  } as const;
  const reply = (message: PaperReply): void => postMessage(message);
  try {
    const steps = await explainPaperRoute(cnf, options, await oracle);
    reply({
      id,
      steps: [...explainFormula(cnf, undefined), ...steps],
      matrices: await matricesOf(cnf, options, await oracle),
    });
  } catch (error) {
    reply({ id, message: error instanceof Error ? error.message : String(error) });
  }
};

async function matricesOf(cnf: Cnf, options: PaperVerifyOptions, oracle: Oracle): Promise<PaperMatrices> {
  const { prepared } = await solveByPaperRoute(cnf, options, oracle);
  const { attention, vectors, size } = prepared;
  const { output } = await oracle.attend(attention);
  return {
    q: shrinkMatrix(attention.q),
    k: shrinkMatrix(attention.k),
    weights: shrinkWeights(attention),
    output: Float64Array.from(output.values),
    left: vectors.left.rows,
    queries: size.messages * vectors.left.rows,
    keys: vectors.right.rows,
  };
}
