/** A plot as one image with a text for screen readers: its groups carry labels that belong to no role. */
import type * as Plot from '@observablehq/plot';

export type PlotElement = ReturnType<typeof Plot.plot>;

/** Names the plot and takes away the labels inside it. */
export function asImage(plot: PlotElement, text: string): PlotElement {
  for (const part of plot.querySelectorAll('[aria-label], [aria-description]')) {
    part.removeAttribute('aria-label');
    part.removeAttribute('aria-description');
  }
  plot.setAttribute('role', 'img');
  plot.setAttribute('aria-label', text);
  return plot;
}
