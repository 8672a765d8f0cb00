/** The third page: the paper's route on a tiny formula. */
import './lab.css';
import { InputError, type AttentionForm, type ExplainedStep } from 'seth-attention';
import { exampleFormula, examples } from './examples.ts';
import { readFormula, translate } from './formula.ts';
import type { PaperReply, PaperWish } from './paper-worker.ts';
import { openTheme } from './theme.ts';
import { paperHeat } from './views/paper-heat.ts';

const find = (id: string): HTMLElement => document.querySelector<HTMLElement>(`#${id}`)!;
const text = find('text') as HTMLTextAreaElement;
const fault = find('fault');
const form = find('form') as HTMLSelectElement;
const choice = find('examples') as HTMLSelectElement;

/** Those that the route takes at once. */
const small = examples.filter(({ cnf }) => cnf().clauses.length <= 10 && cnf().variables <= 5);
for (const { name } of small) choice.add(new Option(name, name));

const worker = new Worker(new URL('./paper-worker.ts', import.meta.url), { type: 'module' });
const heat = paperHeat({ q: find('q'), k: find('k'), a: find('a') }, find('pointed'));
let last = 0;

function ask(): void {
  document.documentElement.dataset['settled'] = 'false';
  try {
    const { cnf } = readFormula(text.value, 'plain');
    say('…', false);
    worker.postMessage({ id: ++last, cnf, form: form.value as AttentionForm } satisfies PaperWish, []);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    last++; // an answer on its way is no longer wanted
    say(error.message, true);
  }
}

function say(message: string, wrong: boolean): void {
  fault.textContent = message;
  fault.className = wrong ? 'note wrong' : 'note';
  text.ariaInvalid = String(wrong);
  document.documentElement.dataset['settled'] = String(message !== '…');
  if (message === '…') return; // what is drawn is as stale as it was, or about to be replaced
  const stale = wrong && find('steps').childElementCount > 0;
  if (stale) document.documentElement.dataset['stale'] = 'all';
  else delete document.documentElement.dataset['stale'];
  find('stale').textContent = stale ? 'Shown: the last formula and step that went through.' : '';
}

worker.addEventListener('message', ({ data }: MessageEvent<PaperReply>) => {
  if (data.id !== last) return;
  if ('message' in data) return say(data.message, true);
  find('steps').replaceChildren(...data.steps.map(stepOf));
  find('ledger').replaceChildren(...ledgerOf(data.steps));
  heat.draw(data.matrices);
  say(`${data.steps.length} steps`, false);
});
worker.addEventListener('error', ({ message }) => say(`the worker failed: ${message}`, true));

function stepOf({ title, theorem, lines }: ExplainedStep): HTMLElement {
  const li = document.createElement('li');
  li.className = 'card';
  const head = li.appendChild(document.createElement('h2'));
  head.textContent = title;
  if (theorem !== '') {
    const source = li.appendChild(document.createElement('p'));
    source.className = 'caption';
    source.textContent = theorem;
  }
  const pre = li.appendChild(document.createElement('pre'));
  pre.tabIndex = 0;
  pre.role = 'region';
  pre.ariaLabel = `${title}, in detail`;
  for (const line of lines) {
    const row = pre.appendChild(document.createElement('span'));
    row.textContent = `${line}\n`;
    if (isProse(line)) row.className = 'prose';
  }
  return li;
}

/** Sentences may wrap; rows of a matrix must not. */
const isProse = (line: string): boolean => line.length > 60 && /[a-z]{3}.* [a-z]{2,} [a-z]{2,}/.test(line);

function ledgerOf(steps: readonly ExplainedStep[]): HTMLElement[] {
  const line = (cells: readonly string[], kind: 'th' | 'td'): HTMLTableRowElement => {
    const tr = document.createElement('tr');
    for (const cell of cells) tr.appendChild(document.createElement(kind)).textContent = cell;
    return tr;
  };
  const head = document.createElement('thead');
  head.append(line(['parameter', 'promised', 'here'], 'th'));
  const body = document.createElement('tbody');
  for (const { title, theorem, ledger } of steps) {
    if (ledger.length === 0) continue;
    const step = body.insertRow().appendChild(document.createElement('th'));
    step.colSpan = 3;
    step.className = 'step';
    step.textContent = `${title} `;
    step.appendChild(document.createElement('span')).textContent = theorem;
    body.append(
      ...ledger.map(({ parameter, promised, actual }) => line([parameter, promised, actual], 'td')),
    );
  }
  return [head, body];
}

function choose(): void {
  const example = small.find(({ name }) => name === choice.value) ?? small[0]!;
  text.value = translate(exampleFormula(example), 'plain');
  ask();
}

text.addEventListener('input', ask);
form.addEventListener('change', ask);
choice.addEventListener('change', choose);
openTheme(find('theme') as HTMLButtonElement, () => heat.redraw());
choose();
