/** The formula as text, in either notation, with line numbers; what is no formula is said with its line. */
import { InputError } from 'seth-attention';
import { exampleFormula, examples } from '../examples.ts';
import { clausesIn } from '../focus.ts';
import { readFormula, translate, type Formula, type Notation } from '../formula.ts';
import { counted } from '../numbers.ts';
import { clauseAt, placeOf } from '../spans.ts';
import { isDrawn, type LabState, type LabStore, type View } from '../state.ts';
import { pointing } from './pointing.ts';

export interface EditorHosts {
  readonly text: HTMLTextAreaElement;
  readonly gutter: HTMLElement;
  readonly fault: HTMLElement;
  readonly notations: NodeListOf<HTMLInputElement>;
  readonly examples: HTMLSelectElement;
}

/** The state for a text: the formula, or the fault and the formula from before. */
export function understood(
  text: string,
  notation: Notation,
): Pick<LabState, 'text' | 'notation' | 'spans' | 'fault'> & { readonly formula?: Formula } {
  try {
    const formula = readFormula(text, notation);
    return { text, notation, spans: formula.spans, formula, fault: undefined };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { text, notation, spans: [], fault: { message: error.message, line: error.fault.line } };
  }
}

export function editor(hosts: EditorHosts, store: LabStore): View {
  const { text, gutter, fault, notations } = hosts;
  const { to, left } = pointing(store);
  for (const { name } of examples) hosts.examples.add(new Option(name, name));

  const take = (written: string, notation: Notation): void => {
    const taken = understood(written, notation);
    const fresh = taken.formula !== undefined;
    store.set({
      ...taken,
      ...(fresh ? { settings: { ...store.get().settings, position: null }, focus: {}, pinned: false } : {}),
    });
  };
  text.addEventListener('input', () => take(text.value, store.get().notation));
  text.addEventListener('scroll', () => (gutter.scrollTop = text.scrollTop));
  for (const input of notations)
    input.addEventListener('change', () => {
      const { formula, fault } = store.get();
      const notation = input.value as Notation;
      // A text that is understood is translated; one that is not is read as it stands.
      if (fault !== undefined) take(text.value, notation);
      else {
        const text = translate(formula, notation);
        store.set({ notation, text, spans: readFormula(text, notation).spans });
      }
    });
  hosts.examples.addEventListener('change', () => {
    const example = examples.find(({ name }) => name === hosts.examples.value);
    if (example === undefined) return;
    const { notation } = store.get();
    take(translate(exampleFormula(example), notation), notation);
  });

  const pointTo = (place: number | undefined): void => {
    const { formula, shown, spans } = store.get();
    if (formula !== shown) return; // what is drawn is of another text
    const clause = place === undefined ? undefined : clauseAt(spans, text.value, place);
    to(clause === undefined || clause >= formula.cnf.clauses.length ? {} : { clause });
  };
  document.addEventListener('selectionchange', () => {
    if (document.activeElement === text) pointTo(text.selectionStart);
  });
  text.addEventListener('pointermove', (event) => pointTo(characterAt(text, event)));
  text.addEventListener('pointerleave', left);
  text.addEventListener('blur', left);

  const show = (state: LabState): void => {
    if (text.value !== state.text) text.value = state.text;
    for (const input of notations) input.checked = input.value === state.notation;
    const lines = state.text.split('\n').length;
    gutter.replaceChildren(
      ...Array.from({ length: Math.min(lines, 2000) }, (_, at) => {
        const line = document.createElement('div');
        line.textContent = String(at + 1);
        if (state.fault?.line === at + 1) line.className = 'wrong';
        return line;
      }),
    );
    text.ariaInvalid = String(state.fault !== undefined);
    const { warnings } = state.formula;
    fault.className = state.fault === undefined ? 'note' : 'note wrong';
    fault.textContent =
      state.fault?.message ?? (warnings.length > 0 ? warnings.join(' ') : sizeOf(state.formula));
  };
  show(store.get());
  store.subscribe((state, before) => {
    if (state.text !== before.text || state.fault !== before.fault || state.notation !== before.notation)
      show(state);
  });

  let lit = '';
  return {
    draw() {},
    light(state) {
      const clauses = isDrawn(state) && state.formula === state.shown ? clausesIn(state) : [];
      const places = clauses.flatMap((c) =>
        state.spans[c] === undefined ? [] : [placeOf(text.value, state.spans[c])],
      );
      const key = JSON.stringify(places);
      if (key === lit) return;
      lit = key;
      text.style.background = places.map(band).join(', ');
      const first = places[0];
      // Whoever points at it elsewhere is to see it here.
      if (first === undefined || text.matches(':hover, :focus')) return;
      const { lineHeight, padding } = metrics(text);
      const top = padding + first.line * lineHeight;
      if (top < text.scrollTop || top + lineHeight > text.scrollTop + text.clientHeight)
        text.scrollTop = top - text.clientHeight / 2;
    },
  };
}

/** A layer of the text's background: a marker's stroke over a clause. Lines are as high as the style sheet has them. */
function band({ line, column, lines, columns }: ReturnType<typeof placeOf>): string {
  const [left, width] = lines === 1 ? [column, `${columns}ch`] : [0, '100%'];
  return `linear-gradient(var(--band), var(--band)) calc(0.5rem + ${left}ch) calc(0.5rem + ${line * 1.5}em) / ${width} ${lines * 1.5}em no-repeat local`;
}

interface Metrics {
  readonly lineHeight: number;
  readonly padding: number;
  readonly width: number;
}

let measured: Metrics | undefined;

/** Sizes of the text's characters in CSS pixels, measured when first asked for. */
function metrics(text: HTMLTextAreaElement): Metrics {
  if (measured !== undefined) return measured;
  const { lineHeight, paddingTop, font } = getComputedStyle(text);
  const context = new OffscreenCanvas(1, 1).getContext('2d')!;
  context.font = font;
  measured = {
    lineHeight: Number.parseFloat(lineHeight),
    padding: Number.parseFloat(paddingTop),
    width: context.measureText('0').width,
  };
  return measured;
}

/** The place in the text under the pointer, or the end of that line. */
function characterAt(text: HTMLTextAreaElement, { offsetX, offsetY }: PointerEvent): number | undefined {
  const { lineHeight, padding, width } = metrics(text);
  const lines = text.value.split('\n');
  const line = Math.floor((offsetY - padding + text.scrollTop) / lineHeight);
  if (line < 0 || line >= lines.length) return undefined;
  const column = Math.max(0, Math.floor((offsetX - padding + text.scrollLeft) / width));
  const start = lines.slice(0, line).reduce((sum, { length }) => sum + length + 1, 0);
  return start + Math.min(column, lines[line]!.length);
}

const sizeOf = ({ cnf }: Formula): string =>
  `${counted(cnf.variables, 'variable')}, ${counted(cnf.clauses.length, 'clause')}`;
