/** The model back on the clauses; with a pair pointed at, its assignment instead. */
import { holds, type Clause } from 'seth-attention';
import { assignmentOf, leftHalf } from '../focus.ts';
import { clauseText, literalText } from '../formula.ts';
import { isDrawn, type Drawn, type LabStore, type View } from '../state.ts';
import { pointing } from './pointing.ts';

export function clausesView(hosts: Record<'assignment' | 'clauses', HTMLElement>, store: LabStore): View {
  const { to, left, pin } = pointing(store);
  let drawn: string | undefined;
  const clauseAt = (event: Event): number | undefined => {
    const item = (event.target as Element).closest('li');
    return item === null ? undefined : Number(item.dataset['clause']);
  };
  hosts.clauses.addEventListener('pointerover', (event) => {
    const clause = clauseAt(event);
    if (clause !== undefined) to({ clause });
  });
  hosts.clauses.addEventListener('pointerleave', left);
  hosts.clauses.addEventListener('click', pin);

  const light = (state: Parameters<View['draw']>[0]): void => {
    if (!isDrawn(state)) return;
    const shown = assignmentFor(state);
    // Not again for the same: a long list takes a while.
    const key = JSON.stringify([shown, state.shown.cnf.clauses, state.shown.names]);
    if (key !== drawn) {
      drawn = key;
      hosts.assignment.replaceChildren(...assignment(state, shown));
      hosts.clauses.replaceChildren(
        ...state.shown.cnf.clauses.map((clause, c) => item(clause, c, state.shown.names, shown.values)),
      );
    }
    [...hosts.clauses.children].forEach((child, c) =>
      child.classList.toggle('lit', c === state.focus.clause),
    );
  };
  return { draw: light, light };
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

function assignment({ shown }: Drawn, { title, values }: Shown): Node[] {
  const head = document.createElement('p');
  head.textContent = title;
  const list = document.createElement('p');
  list.className = 'values';
  list.append(
    ...values.map((value, k) => {
      const chip = document.createElement('span');
      chip.textContent = `${shown.names[k]} = ${value === null ? '?' : value ? 1 : 0}`;
      chip.className = value === null ? 'unknown' : value ? 'true' : 'false';
      return chip;
    }),
  );
  return [head, list];
}

function item(
  clause: Clause,
  c: number,
  names: readonly string[],
  values: readonly (boolean | null)[],
): HTMLLIElement {
  const li = document.createElement('li');
  li.dataset['clause'] = String(c);
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
