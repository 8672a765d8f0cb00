/** How wide elements are, as the browser says it after its own layout: asking while drawing would make it lay out again. */
const widths = new WeakMap<Element, number>();
const resized = new WeakMap<Element, () => void>();

const observer = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const width = Math.floor(contentRect.width);
    if (widths.get(target) === width) continue;
    widths.set(target, width);
    resized.get(target)?.();
  }
});

/**
 * Begins to watch an element; the function that it returns says the width of its content in CSS pixels. `changed` is
 * called whenever that becomes another.
 */
export function watchWidth(element: Element, changed: () => void): () => number {
  resized.set(element, changed);
  observer.observe(element);
  return () => {
    const known = widths.get(element) ?? element.clientWidth;
    widths.set(element, known);
    return known;
  };
}
