/** The model back on the clauses; with a pair pointed at, its assignment instead. */
import { holds, type Clause } from 'seth-attention';
import { assignmentOf, clausesIn, leftHalf } from '../focus.ts';
import { clauseText, literalText } from '../formula.ts';
import { isDrawn, type Drawn, type LabStore, type View } from '../state.ts';
import { one, pointing, walk } from './pointing.ts';

export function clausesView(hosts: Record<'assignment' | 'clauses', HTMLElement>, store: LabStore): View {
  const { to, left, pin } = pointing(store);
  let drawn: string | undefined;
  const title = hosts.assignment.appendChild(document.createElement('p'));
  const values = hosts.assignment.appendChild(document.createElement('div'));
  values.className = 'values';
  values.ariaLabel = 'Variables';
  values.id = 'variables';

  /** A list whose items are pointed at, by pointer or by the arrow keys. */
  const open = (list: HTMLElement, pointed: (at: number) => void): void => {
    list.role = 'listbox';
    list.addEventListener('pointerover', ({ target }) => {
      const at = [...list.children].findIndex((item) => item.contains(target as Node));
      if (at !== -1) pointed(at);
    });
    list.addEventListener('pointerleave', left);
    list.addEventListener('click', pin);
    walk(list, () => list.childElementCount, { pointed, left, pin });
  };
  open(values, (variable) => to({ variable }));
  open(hosts.clauses, (clause) => to({ clause }));

  const light = (state: Parameters<View['draw']>[0]): void => {
    if (!isDrawn(state)) return;
    const shown = assignmentFor(state);
    const { cnf, names } = state.shown;
    // Not again for the same: a long list takes a while.
    const key = JSON.stringify([shown, cnf.clauses, names]);
    if (key !== drawn) {
      drawn = key;
      title.textContent = shown.title;
      values.replaceChildren(...shown.values.map((value, k) => chip(names[k]!, value)));
      hosts.clauses.replaceChildren(...cnf.clauses.map((clause) => item(clause, names, shown.values)));
    }
    lightOf(values, one(state.focus.variable));
    lightOf(hosts.clauses, clausesIn(state));
  };
  return { draw: light, light };
}

/** Marks the items that are lit, and scrolls to the first where the list was walked with the keys. */
function lightOf(list: HTMLElement, lit: readonly number[]): void {
  [...list.children].forEach((child, at) => {
    child.classList.toggle('lit', lit.includes(at));
    child.ariaSelected = String(lit.includes(at));
  });
  const first = list.children[lit[0] ?? -1];
  if (first !== undefined && list.matches(':focus-visible')) first.scrollIntoView({ block: 'nearest' });
}

/** Values of the variables; null where the half is not known. */
interface Shown {
  readonly title: string;
  readonly values: readonly (boolean | null)[];
}

function assignmentFor({ snapshot, shown, focus }: Drawn): Shown {
  const { variables } = shown.cnf;
  const half = leftHalf(variables);
  if (focus.left !== undefined || focus.right !== undefined) {
    const values = assignmentOf(variables, focus.left ?? 0, focus.right ?? 0).map((value, k) =>
      (k < half ? focus.left : focus.right) === undefined ? null : value,
    );
    return { title: 'The assignment pointed at', values };
  }
  if (snapshot.verdict.kind === 'yes') return { title: 'The model decoded', values: snapshot.verdict.model };
  return {
    title: snapshot.verdict.kind === 'no' ? 'No assignment satisfies every clause' : 'No model decoded',
    values: Array<null>(variables).fill(null),
  };
}

function chip(name: string, value: boolean | null): HTMLElement {
  const chip = document.createElement('span');
  chip.role = 'option';
  chip.textContent = `${name} = ${value === null ? '?' : value ? 1 : 0}`;
  chip.className = value === null ? 'unknown' : value ? 'true' : 'false';
  return chip;
}

function item(clause: Clause, names: readonly string[], values: readonly (boolean | null)[]): HTMLLIElement {
  const li = document.createElement('li');
  li.role = 'option';
  const known = (literal: number): boolean => values[Math.abs(literal) - 1] !== null;
  const assigned = values.map((value) => value === true);
  const satisfied = clause.some((literal) => known(literal) && holds(literal, assigned));
  const falsified = clause.every((literal) => known(literal) && !holds(literal, assigned));
  const mark = document.createElement('span');
  mark.className = satisfied ? 'mark yes' : falsified ? 'mark no' : 'mark';
  mark.textContent = satisfied ? '✓' : falsified ? '✗' : '·';
  mark.ariaLabel = satisfied ? 'holds' : falsified ? 'falsified' : 'open';
  mark.role = 'img';
  const text = document.createElement('span');
  if (clause.length === 0) text.textContent = clauseText(clause, names);
  clause.forEach((literal, at) => {
    if (at > 0) text.append(' ∨ ');
    const span = document.createElement('span');
    span.textContent = literalText(literal, names);
    if (known(literal)) span.className = holds(literal, assigned) ? 'holds' : 'fails';
    text.append(span);
  });
  li.append(mark, text);
  return li;
}
