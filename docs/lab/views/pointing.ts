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

export const one = (at: number | undefined): number[] => (at === undefined ? [] : [at]);

/** 0 … count − 1, or those that `keep` takes. */
export const indices = (count: number, keep: (k: number) => boolean = () => true): number[] =>
  Array.from({ length: count }, (_, k) => k).filter(keep);

/** The arrow keys go through a view's things one by one; Enter pins the one, and going elsewhere leaves it. */
export function walk(
  host: HTMLElement,
  count: () => number,
  { pointed, left, pin }: { pointed: (at: number) => void; left: () => void; pin: () => void },
): void {
  host.tabIndex = 0;
  let at = -1;
  host.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') pin();
    const last = count() - 1;
    const next = {
      ArrowUp: at - 1,
      ArrowLeft: at - 1,
      ArrowDown: at + 1,
      ArrowRight: at + 1,
      Home: 0,
      End: last,
    }[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    at = Math.max(0, Math.min(last, next));
    pointed(at);
  });
  host.addEventListener('blur', left);
}
