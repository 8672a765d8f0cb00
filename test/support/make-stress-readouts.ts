/** `npm run stress:readouts`: plans every rung of the suites and writes src/experiments/stress/readouts.ts. Two minutes. */
import { writeFileSync } from 'node:fs';
import { planned } from '../../src/experiments/stress/rung.ts';
import { rootScaledRungs, suiteNames, suiteRungs } from '../../src/experiments/stress/suite.ts';
import { pack } from '../../src/readout/cache.ts';
import { plan } from '../../src/readout/planner.ts';

const packed = new Map<string, string>();
for (const spec of suiteNames.flatMap((name) => [...suiteRungs(name), ...rootScaledRungs(name)])) {
  if (!packed.has(spec.id)) packed.set(spec.id, pack(plan(planned(spec).demand).readout));
}
const lines = [...packed].map(([id, text]) => `  '${id}':\n    '${text}',\n`);
writeFileSync(
  'src/experiments/stress/readouts.ts',
  `/** The frozen readouts of the suites, by rung. Written by \`npm run stress:readouts\`. */
export const readouts: Readonly<Record<string, string>> = {
${lines.join('')}};
`,
);
console.log(`${packed.size} readouts`);
