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
    format: '[{bar}] {percentage}% {left}{label}',
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
  let first: { readonly share: number; readonly at: number } | undefined;
  const left = (): string => {
    const now = performance.now();
    if (share > 0) first ??= { share, at: now };
    return first === undefined ? '' : timeLeft((now - first.at) / 1000, share - first.share, 1 - share);
  };
  const show = (): void => {
    bar.start(100, Math.floor(100 * share), { label, left: left() });
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
      if (shown) bar.update(Math.floor(100 * share), { label, left: left() });
      else if (mode === 'always' || performance.now() - begun > patience) show();
    },
    aside(print) {
      hide();
      return print();
    },
    stop: hide,
  };
}

/**
 * How long the share `rest` takes when `done` took `seconds`: empty while it is too early to say. Rounded to what such
 * an estimate is good for.
 */
export function timeLeft(seconds: number, done: number, rest: number): string {
  if (seconds < 1 || done <= 0) return '';
  const left = (seconds / done) * rest;
  if (left < 90) return `${Math.ceil(left)} s left `;
  return left < 5400 ? `${Math.round(left / 60)} min left ` : `${Math.round(left / 3600)} h left `;
}
