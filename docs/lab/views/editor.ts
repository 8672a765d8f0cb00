/** The formula as text, in either notation, with line numbers; what is no formula is said with its line. */
import { InputError } from 'seth-attention';
import { exampleFormula, examples } from '../examples.ts';
import { readFormula, translate, type Formula, type Notation } from '../formula.ts';
import type { LabState, LabStore } from '../state.ts';

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
): Pick<LabState, 'text' | 'notation' | 'fault'> & { readonly formula?: Formula } {
  try {
    return { text, notation, formula: readFormula(text, notation), fault: undefined };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { text, notation, fault: { message: error.message, line: error.fault.line } };
  }
}

export function editor(hosts: EditorHosts, store: LabStore): void {
  const { text, gutter, fault, notations } = hosts;
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
      else store.set({ notation, text: translate(formula, notation) });
    });
  hosts.examples.addEventListener('change', () => {
    const example = examples.find(({ name }) => name === hosts.examples.value);
    if (example === undefined) return;
    const { notation } = store.get();
    take(translate(exampleFormula(example), notation), notation);
  });

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
}

const sizeOf = ({ cnf }: Formula): string =>
  `${cnf.variables} ${cnf.variables === 1 ? 'variable' : 'variables'}, ${cnf.clauses.length} ${cnf.clauses.length === 1 ? 'clause' : 'clauses'}`;
