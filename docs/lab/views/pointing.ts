/** How a view sets the focus: pointing, leaving, pinning. */
import type { Focus } from '../focus.ts';
import type { LabStore } from '../state.ts';

export interface Pointing {
  readonly to: (focus: Focus) => void;
  readonly left: () => void;
  readonly pin: () => void;
}

export function pointing(store: LabStore): Pointing {
  return {
    to: (focus) => {
      if (!store.get().pinned) store.set({ focus });
    },
    left: () => {
      if (!store.get().pinned) store.set({ focus: {} });
    },
    pin: () => store.set({ pinned: !store.get().pinned }),
  };
}

/** 0 … count − 1, or those that `keep` takes. */
export const indices = (count: number, keep: (k: number) => boolean = () => true): number[] =>
  Array.from({ length: count }, (_, k) => k).filter(keep);
