/** The lab: one store, one worker, and a view for each step of the chain. */
import './lab.css';
import { exampleFormula, examples } from './examples.ts';
import { describeFocus } from './focus.ts';
import type { Reply, Wish } from './messages.ts';
import { isDrawn, type LabState, type View } from './state.ts';
import { createStore } from './store.ts';
import { openTheme } from './theme.ts';
import { nextTask } from './ticks.ts';
import { translate, type Notation } from './formula.ts';
import { clausesView } from './views/clauses.ts';
import { controls } from './views/controls.ts';
import { editor, understood } from './views/editor.ts';
import { heatViews, scalesView } from './views/heat.ts';
import { countsView } from './views/counts.ts';
import { productsView } from './views/products.ts';
import { nodesView, responseView } from './views/readout.ts';
import { splitViews } from './views/split.ts';
import { verdictView } from './views/verdict.ts';

const find = (id: string): HTMLElement => document.querySelector<HTMLElement>(`#${id}`)!;

/** A formula in the address, as `#plain=…` or `#dimacs=…`, else the first example. */
function firstText(): { text: string; notation: Notation } {
  const parameters = new URLSearchParams(location.hash.slice(1));
  for (const notation of ['plain', 'dimacs'] as const) {
    const text = parameters.get(notation);
    if (text !== null) return { text, notation };
  }
  return { text: example, notation: 'plain' };
}

const example = translate(exampleFormula(examples[0]!), 'plain');
const first = firstText();
const fallback = understood(example, 'plain').formula!;
const store = createStore<LabState>({
  formula: fallback,
  gpu: undefined,
  snapshot: undefined,
  shown: undefined,
  failure: undefined,
  smallest: undefined,
  focus: {},
  pinned: false,
  oracle: 'cpu',
  settings: { route: 'minimax', dtype: 'f32', position: null, noise: 0, admitted: true },
  ...understood(first.text, first.notation),
});

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
/** Wishes by number, until they are answered: the formula, and when the wish was made. */
const wishes = new Map<number, { readonly state: LabState; readonly at: number }>();
let last = 0;

function ask(): void {
  const state = store.get();
  const wish: Wish = { id: ++last, cnf: state.formula.cnf, settings: state.settings, oracle: state.oracle };
  wishes.set(wish.id, { state, at: performance.now() });
  document.documentElement.dataset['settled'] = 'false'; // for whoever waits until all views show the last wish
  worker.postMessage(wish, []);
}

worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
  if (data.type === 'gpu') return store.set({ gpu: data });
  if (data.type === 'smallest') {
    if (data.id === last) store.set({ smallest: data.position });
    return;
  }
  const { state, at } = wishes.get(data.id)!;
  for (const id of wishes.keys()) if (id <= data.id) wishes.delete(id);
  if (data.type === 'failure') store.set({ failure: data.message });
  else store.set({ snapshot: data.snapshot, shown: state.formula, failure: undefined });
  answered = { id: data.id, at };
  void drawAll();
});
worker.addEventListener('error', ({ message }) => {
  store.set({ failure: `the worker failed: ${message}` });
  void drawAll();
});

/** Those of the page, in the order in which they are drawn. */
const views: View[] = [];
/** Are all of them there? */
let opened = false;
/** The wish that the state answers. */
let answered = { id: 0, at: 0 };
let drawing = false;
let again = false;

/** Milliseconds after which drawing lets the browser do what is due. */
const slice = 10;

/** Draws view after view with breaks between them, so that input never waits long; marks what a whole update took. */
async function drawAll(): Promise<void> {
  if (drawing || !opened) {
    again = drawing;
    return;
  }
  drawing = true;
  do {
    again = false;
    let since = performance.now();
    for (const view of views) {
      view.draw(store.get());
      if (performance.now() - since < slice) continue;
      await nextTask();
      since = performance.now();
    }
    lightAll();
  } while (again);
  drawing = false;
  const { id, at } = answered;
  if (id > 0) performance.measure('seth:update', { start: at });
  document.documentElement.dataset['settled'] = String(id === last);
}

function lightAll(): void {
  const state = store.get();
  for (const view of views) view.light?.(state);
  if (isDrawn(state)) {
    const said = describeFocus(state);
    find('focus').textContent =
      said === '' ? hint : `${said}${state.pinned ? ' · pinned, Escape frees it' : ''}`;
  }
}

const hint = find('focus').textContent.trim();

/** Says whether what is drawn is of what stands there now; `late`: whether the formula has been waited for. */
function markStale({ fault, failure, formula, shown }: LabState, late = false): void {
  const [kind, message] =
    fault !== undefined
      ? ['all', 'Shown: the last formula that was understood.']
      : failure !== undefined
        ? ['views', 'Shown below: the last that could be computed.']
        : late && shown !== formula
          ? ['all', 'Shown: the formula before, until this one is computed.']
          : [undefined, ''];
  if (kind === undefined) delete document.documentElement.dataset['stale'];
  else document.documentElement.dataset['stale'] = kind;
  find('stale').textContent = message;
}

/** Milliseconds that a formula may take before what is drawn counts as stale. */
const patience = 300;

let waiting: ReturnType<typeof setTimeout> | undefined;
let frame = 0;
store.subscribe((state, before) => {
  if (
    state.formula !== before.formula ||
    state.settings !== before.settings ||
    state.oracle !== before.oracle
  ) {
    const sameSearch =
      state.formula === before.formula &&
      state.oracle === before.oracle &&
      JSON.stringify({ ...state.settings, position: 0 }) ===
        JSON.stringify({ ...before.settings, position: 0 });
    if (!sameSearch) store.set({ smallest: undefined });
    ask();
  }
  if (state.fault !== before.fault || state.failure !== before.failure || state.shown !== before.shown)
    markStale(state);
  if (state.formula !== before.formula) {
    clearTimeout(waiting);
    waiting = setTimeout(() => markStale(store.get(), true), patience);
  }
  if (state.focus !== before.focus || state.pinned !== before.pinned) {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(lightAll);
  }
});
document.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') store.set({ pinned: false, focus: {} });
});

// Where there is little room the bar keeps to the answer and B.
const roomy = matchMedia('(min-width: 701px)');
const more = find('more') as HTMLDetailsElement;
more.open = roomy.matches;
roomy.addEventListener('change', () => (more.open = roomy.matches));

markStale(store.get());
ask(); // first of all: the worker begins while the page is being made

/** Each a task of its own, so that none is long. */
const parts: readonly (() => readonly View[] | void)[] = [
  // The page's own layout comes in two steps: the bar as it is loaded, the sections here.
  () => void (find('views').hidden = false),
  () => openTheme(find('theme') as HTMLButtonElement, () => void drawAll()),
  () => [
    editor(
      {
        text: find('text') as HTMLTextAreaElement,
        gutter: find('gutter'),
        fault: find('fault'),
        notations: document.querySelectorAll<HTMLInputElement>('input[name=notation]'),
        examples: find('examples') as HTMLSelectElement,
      },
      store,
    ),
  ],
  () =>
    controls(
      {
        bound: find('bound') as HTMLInputElement,
        boundValue: find('bound-value'),
        smallest: find('smallest') as HTMLButtonElement,
        tick: find('tick'),
        noise: find('noise') as HTMLInputElement,
        noiseValue: find('noise-value'),
        admitted: find('admitted') as HTMLInputElement,
        dtype: find('dtype') as HTMLSelectElement,
        route: find('route') as HTMLSelectElement,
        oracle: find('oracle') as HTMLSelectElement,
        oracleNote: find('oracle-note'),
      },
      store,
    ),
  () => [
    verdictView({
      verdict: find('verdict'),
      detail: find('detail'),
      gauge: find('gauge'),
      gaugeText: find('gauge-text'),
      facts: find('facts'),
    }),
    productsView(find('products'), store),
  ],
  () =>
    splitViews(
      { left: find('left'), right: find('right') },
      { left: find('left-names'), right: find('right-names') },
      store,
    ),
  () => heatViews({ q: find('q'), k: find('k'), v: find('v'), a: find('a'), y: find('y') }, store),
  () => [scalesView({ q: find('q-most'), k: find('k-most'), a: find('a-most'), pads: find('a-pads') })],
  () => [
    countsView(find('counts'), store),
    responseView(find('response'), store),
    nodesView(find('nodes'), store),
    clausesView({ assignment: find('assignment'), clauses: find('clauses') }, store),
  ],
];
for (const part of parts) {
  await nextTask();
  views.push(...(part() ?? []));
}
opened = true;
performance.mark('seth:interactive');
void drawAll();
