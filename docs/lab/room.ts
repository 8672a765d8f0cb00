/** How wide elements are, without asking the layout each time that something is drawn. */
const widths = new WeakMap<Element, number>();
const resized = new WeakMap<Element, () => void>();

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const width = target.clientWidth;
    if (widths.get(target) === width) continue;
    widths.set(target, width);
    resized.get(target)?.();
  }
});

/** The width of an element's content in CSS pixels; `changed` is called whenever it becomes another. */
export function widthOf(element: Element, changed: () => void): number {
  const known = widths.get(element);
  resized.set(element, changed);
  if (known !== undefined) return known;
  const width = element.clientWidth;
  widths.set(element, width);
  observer.observe(element);
  return width;
}
