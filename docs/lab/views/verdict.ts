/** The answer, its certificate as a bar against ½, and what stands behind it in one line. */
import { counted, number } from '../numbers.ts';
import { isDrawn, type Drawn, type LabState, type View } from '../state.ts';

export interface VerdictHosts {
  readonly verdict: HTMLElement;
  readonly detail: HTMLElement;
  readonly gauge: HTMLElement;
  readonly gaugeText: HTMLElement;
  readonly facts: HTMLElement;
}

interface Said {
  readonly kind: 'yes' | 'no' | 'open' | 'refused';
  readonly title: string;
  readonly detail: string;
}

export function verdictView(hosts: VerdictHosts): View {
  return {
    draw(state) {
      const { kind, title, detail } = said(state);
      hosts.verdict.dataset['kind'] = kind;
      hosts.verdict.textContent = title;
      hosts.detail.textContent = detail;
      if (isDrawn(state)) gauge(hosts, state);
    },
  };
}

function said(state: LabState): Said {
  if (state.failure !== undefined) return { kind: 'refused', title: 'refused', detail: state.failure };
  if (!isDrawn(state)) return { kind: 'open', title: '…', detail: '' };
  const { verdict, histogram } = state.snapshot;
  const pairs = histogram[0]!;
  switch (verdict.kind) {
    case 'yes': {
      const count = verdict.count === null ? 'at least 1 model' : counted(verdict.count, 'model');
      const check =
        verdict.count === null
          ? 'a model was checked; some counts are open'
          : `the table of inner products has ${counted(pairs, 'zero')}`;
      return { kind: 'yes', title: `satisfiable, ${count}`, detail: check };
    }
    case 'no':
      return {
        kind: 'no',
        title: 'unsatisfiable',
        detail: `every count is certified to be 0; the table of inner products has ${counted(pairs, 'zero')}`,
      };
    case 'inconclusive':
      return {
        kind: 'open',
        title: 'inconclusive',
        detail: `${verdict.reason}; it takes ${onThisPage(verdict.remedy)}`,
      };
    default:
      return { kind: 'refused', title: 'output refused', detail: verdict.message };
  }
}

/** What the command calls its options, the page has as a slider and a choice. */
const onThisPage = (remedy: string): string =>
  remedy
    .replace('an instance with a larger --bound', 'a larger B')
    .replace('a wider --dtype', 'a wider number format');

/** Bias and noise as shares of 1: below the mark at ½ every count has one integer within reach. */
function gauge({ gauge, gaugeText, facts }: VerdictHosts, { snapshot }: Drawn): void {
  const { certificate, amplification, nodes, pads, path, seconds, q, headDim } = snapshot;
  const share = (x: number): string => String(Math.max(0, Math.min(1, Number.isNaN(x) ? 1 : x)));
  gauge.style.setProperty('--bias', share(certificate.bias));
  gauge.style.setProperty('--noise', share(certificate.noise));
  const sum = certificate.bias + certificate.noise;
  gauge.dataset['holds'] = String(sum < 0.5);
  gaugeText.textContent = `bias ${number(certificate.bias)} + noise ${number(certificate.noise)} ${sum < 0.5 ? '< ½' : '≥ ½'}`;
  facts.textContent = `${counted(nodes.length, 'node')}, amplification ${number(amplification)}; ${counted(q.length / headDim, 'query', 'queries')} × ${counted(snapshot.right.rows, 'key')} and ${counted(pads.count, 'pad')}, d = ${headDim}; ${path}, ${number(seconds * 1000)} ms`;
}
