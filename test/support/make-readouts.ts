/** `npm run readouts`: plans every demand that ships and writes src/readout/shipped.ts. A minute or two. */
import { writeFileSync } from 'node:fs';
import { pack, planKey } from '../../src/readout/cache.ts';
import { plan } from '../../src/readout/planner.ts';
import { shippedDemands } from './shipped-demands.ts';

const packed = new Map<string, string>();
for (const demand of await shippedDemands()) {
  const key = planKey(demand);
  if (!packed.has(key)) packed.set(key, pack(plan(demand).readout));
}
const lines = [...packed]
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
  .map(([key, value]) => `  '${key}':\n    '${value}',\n`);
writeFileSync(
  'src/readout/shipped.ts',
  `/** Readouts that ship with the package, by what they depend on (cache.ts). Written by \`npm run readouts\`. */
export const shipped: Readonly<Record<string, string>> = {
${lines.join('')}};
`,
);
console.log(`${packed.size} readouts`);
