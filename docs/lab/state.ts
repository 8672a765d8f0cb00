/** What the lab's page shows. */
import type { Settings, Snapshot } from './chain.ts';
import type { Focus } from './focus.ts';
import type { Formula, Notation } from './formula.ts';
import type { OracleName } from './messages.ts';
import type { Span } from './spans.ts';
import type { Store } from './store.ts';

export interface LabState {
  readonly text: string;
  readonly notation: Notation;
  /** Where the clauses stand in the text; none where it is no formula. */
  readonly spans: readonly Span[];
  /** The formula last understood; what is drawn belongs to it. */
  readonly formula: Formula;
  /** Why the text is no formula, and on which line. */
  readonly fault: { readonly message: string; readonly line: number | undefined } | undefined;
  readonly settings: Settings;
  readonly oracle: OracleName;
  readonly gpu: { readonly available: boolean; readonly reason: string } | undefined;
  readonly snapshot: Snapshot | undefined;
  /** The formula of the snapshot. */
  readonly shown: Formula | undefined;
  /** Why there is no snapshot for the settings. */
  readonly failure: string | undefined;
  /** The smallest certified place; null where there is none, undefined where it is not known yet. */
  readonly smallest: number | null | undefined;
  readonly focus: Focus;
  /** A focus that stays until Escape or a click elsewhere. */
  readonly pinned: boolean;
}

export type LabStore = Store<LabState>;

/** A picture of some of the state. */
export interface View {
  /** For a new snapshot, formula or theme. */
  draw(state: LabState): void;
  /** For a new focus. */
  light?(state: LabState): void;
}

/** A drawn state: it has a snapshot and the formula that it belongs to. */
export interface Drawn extends LabState {
  readonly snapshot: Snapshot;
  readonly shown: Formula;
}

export const isDrawn = (state: LabState): state is Drawn =>
  state.snapshot !== undefined && state.shown !== undefined;
