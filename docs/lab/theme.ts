/** Light or dark: as the system says, or as the button says; and the colours of the style sheet as numbers for canvases. */

type Theme = 'system' | 'light' | 'dark';
const themes: readonly Theme[] = ['system', 'light', 'dark'];
const stored = 'seth-theme';

/** Wires the button that goes through the themes; `changed` is called after each change, the system's included. */
export function openTheme(button: HTMLButtonElement, changed: () => void): void {
  let theme = themes.find((name) => name === read()) ?? 'system';
  const apply = (): void => {
    document.documentElement.dataset['theme'] = theme;
    button.textContent = { system: 'Theme: auto', light: 'Theme: light', dark: 'Theme: dark' }[theme];
    colours = undefined;
  };
  apply();
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length]!;
    try {
      localStorage.setItem(stored, theme);
    } catch {
      // a browser that keeps nothing: the choice holds for this page
    }
    apply();
    changed();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    colours = undefined;
    changed();
  });
}

function read(): string | null {
  try {
    return localStorage.getItem(stored);
  } catch {
    return null;
  }
}

export type Rgb = readonly [red: number, green: number, blue: number];

const names = ['paper', 'ink', 'faint', 'low', 'high', 'lit', 'pad', 'focus'] as const;
export type Colours = Readonly<Record<(typeof names)[number], Rgb>>;

let colours: Colours | undefined;

/** The style sheet's `--paper` and so on, under the theme that holds now. */
export function coloursNow(): Colours {
  if (colours !== undefined) return colours;
  const probe = document.body.appendChild(document.createElement('span'));
  const found = names.map((name) => {
    probe.style.color = `var(--${name})`;
    const parts = getComputedStyle(probe)
      .color.match(/[\d.]+/g)!
      .map(Number);
    return [name, [parts[0]!, parts[1]!, parts[2]!]];
  });
  probe.remove();
  colours = Object.fromEntries(found) as Colours;
  return colours;
}

export const css = ([r, g, b]: Rgb, alpha = 1): string => `rgb(${r} ${g} ${b} / ${alpha})`;

/** 256 colours from `from` to `to`, packed as ImageData has them on a little-endian machine. */
export function ramp(from: Rgb, to: Rgb): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const mix = (c: 0 | 1 | 2): number => Math.round(from[c] + ((to[c] - from[c]) * level) / 255);
    return ((255 << 24) | (mix(2) << 16) | (mix(1) << 8) | mix(0)) >>> 0;
  });
}

export const packed = ([r, g, b]: Rgb): number => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;

export const unpacked = (pixel: number): Rgb => [pixel & 255, (pixel >>> 8) & 255, (pixel >>> 16) & 255];
