/** What the page and its worker say to each other. */
import type { Cnf } from 'seth-attention';
import type { Settings, Snapshot } from './chain.ts';

export type OracleName = 'cpu' | 'gpu' | 'reference';

export const oracleNames: readonly OracleName[] = ['cpu', 'gpu', 'reference'];

/** One picture is wanted; an older wish that was not begun is dropped. */
export interface Wish {
  readonly id: number;
  readonly cnf: Cnf;
  readonly settings: Settings;
  readonly oracle: OracleName;
}

export type Reply =
  | { readonly type: 'snapshot'; readonly id: number; readonly snapshot: Snapshot }
  | { readonly type: 'failure'; readonly id: number; readonly message: string }
  /** The smallest place that certifies everything under the wish's settings, or null. */
  | { readonly type: 'smallest'; readonly id: number; readonly position: number | null }
  /** Whether the browser has WebGPU, said once; `reason` says why not, or names the adapter. */
  | { readonly type: 'gpu'; readonly available: boolean; readonly reason: string };
