/** The sliders and choices that decide how attention is asked, and what stands beside them. */
import type { Dtype, ReadoutKind } from 'seth-attention';
import type { OracleName } from '../messages.ts';
import { number } from '../numbers.ts';
import type { LabState, LabStore } from '../state.ts';

export interface ControlHosts {
  readonly bound: HTMLInputElement;
  readonly boundValue: HTMLElement;
  readonly smallest: HTMLButtonElement;
  readonly tick: HTMLElement;
  readonly noise: HTMLInputElement;
  readonly noiseValue: HTMLElement;
  readonly admitted: HTMLInputElement;
  readonly dtype: HTMLSelectElement;
  readonly route: HTMLSelectElement;
  readonly oracle: HTMLSelectElement;
  readonly oracleNote: HTMLElement;
}

/** The noise slider: 0 is none, then from 10^-16 in steps of a quarter of a power of ten. */
export const noiseAt = (place: number): number => (place === 0 ? 0 : 10 ** (-16 + (place - 1) / 4));

export function controls(hosts: ControlHosts, store: LabStore): void {
  const change = (patch: Partial<LabState['settings']>): void =>
    store.set({ settings: { ...store.get().settings, ...patch } });
  /** Another kind of readout or format has another smallest B: the slider goes there. */
  const restart = (patch: Partial<LabState['settings']>): void => change({ ...patch, position: null });

  hosts.bound.addEventListener('input', () => change({ position: hosts.bound.valueAsNumber }));
  hosts.smallest.addEventListener('click', () => {
    const { smallest } = store.get();
    change({ position: typeof smallest === 'number' ? smallest : null });
  });
  hosts.noise.addEventListener('input', () => change({ noise: noiseAt(hosts.noise.valueAsNumber) }));
  hosts.admitted.addEventListener('change', () => change({ admitted: hosts.admitted.checked }));
  hosts.dtype.addEventListener('change', () => restart({ dtype: hosts.dtype.value as Dtype }));
  hosts.route.addEventListener('change', () => restart({ route: hosts.route.value as ReadoutKind }));
  hosts.oracle.addEventListener('change', () => store.set({ oracle: hosts.oracle.value as OracleName }));

  const show = ({ settings, snapshot, smallest, gpu, oracle }: LabState): void => {
    const { noise } = settings;
    hosts.noiseValue.textContent = noise === 0 ? 'none' : number(noise);
    hosts.noise.ariaValueText = noise === 0 ? 'none' : `relative error ${noise.toExponential(0)}`;
    hosts.admitted.disabled = noise === 0;
    hosts.oracle.value = oracle;
    if (gpu !== undefined) {
      const option = [...hosts.oracle.options].find(({ value }) => value === 'gpu')!;
      option.disabled = !gpu.available;
      hosts.oracleNote.textContent = gpu.available ? `WebGPU: ${gpu.reason}` : `No WebGPU: ${gpu.reason}`;
    }
    if (snapshot === undefined) return;
    const { bounds } = snapshot;
    const place = settings.position ?? snapshot.position;
    const n = snapshot.right.rows;
    hosts.bound.max = String(bounds.length - 1);
    if (hosts.bound.valueAsNumber !== place) hosts.bound.valueAsNumber = place;
    const ratio = n > 1 ? ` = ${number(bounds[place]! / Math.sqrt(Math.log(n)))}·√ln n` : '';
    hosts.boundValue.textContent = `${number(bounds[place]!)}${ratio}`;
    hosts.bound.ariaValueText = `${number(bounds[place]!)}${ratio}`;
    hosts.tick.hidden = typeof smallest !== 'number';
    hosts.smallest.disabled = typeof smallest !== 'number' || smallest === place;
    if (typeof smallest === 'number') {
      hosts.tick.style.setProperty('--at', String(smallest / (bounds.length - 1)));
      hosts.smallest.textContent = `Smallest certified: ${number(bounds[smallest]!)}`;
    } else
      hosts.smallest.textContent = smallest === null ? 'No B is certified' : 'Looking for the smallest …';
  };
  show(store.get());
  store.subscribe(show);
}
