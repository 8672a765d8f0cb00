/** A progress bar on standard error. With `auto` only on a terminal, and only for what takes a while. */

export type ProgressMode = 'always' | 'never' | 'auto';

export interface Progress {
  /** `share` 0 … 1 is done, and `label` is what is being done. */
  update(share: number, label: string): void;
  /** Calls `print` while the bar is out of the way; the next update shows it again. */
  aside<T>(print: () => T): T;
  stop(): void;
}

/** Milliseconds before a bar appears by itself. */
const patience = 400;

export async function openProgress(mode: ProgressMode): Promise<Progress> {
  if (mode === 'never' || (mode === 'auto' && !process.stderr.isTTY)) {
    return { update() {}, aside: (print) => print(), stop() {} };
  }
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    format: '[{bar}] {percentage}% {label}',
    stream: process.stderr,
    clearOnComplete: true,
    noTTYOutput: true,
    barsize: 24,
    hideCursor: null,
    emptyOnZero: true,
  });
  const begun = performance.now();
  let shown = false;
  let share = 0;
  let label = '';
  const show = (): void => {
    bar.start(100, Math.floor(100 * share), { label });
    shown = true;
  };
  const hide = (): void => {
    if (shown) bar.stop();
    shown = false;
  };
  return {
    update(newShare, newLabel) {
      share = newShare;
      label = newLabel;
      if (shown) bar.update(Math.floor(100 * share), { label });
      else if (mode === 'always' || performance.now() - begun > patience) show();
    },
    aside(print) {
      hide();
      return print();
    },
    stop: hide,
  };
}
