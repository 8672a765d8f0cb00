/** The paper's route on one formula, step by step, off the main thread. */
import {
  explainFormula,
  explainPaperRoute,
  openOracle,
  type AttentionForm,
  type Cnf,
  type ExplainedStep,
} from 'seth-attention';

export interface PaperWish {
  readonly id: number;
  readonly cnf: Cnf;
  readonly form: AttentionForm;
}

export type PaperReply =
  | { readonly id: number; readonly steps: readonly ExplainedStep[] }
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
    reply({ id, steps: [...explainFormula(cnf, undefined), ...steps] });
  } catch (error) {
    reply({ id, message: error instanceof Error ? error.message : String(error) });
  }
};
