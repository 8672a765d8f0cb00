/** What the README and the public docstrings show is run, from the package's own name. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from './support/harness.ts';

const run = (code: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-'], { input: code, encoding: 'utf8' });

suite('README', (test) => {
  test('the library example runs and finds both models', () => {
    const [code] = /(?<=```ts\n)[\s\S]*?(?=```)/.exec(readFileSync('README.md', 'utf8')) ?? [];
    const output = run(code!);
    assert.match(output, /outcome: 'yes'/);
    assert.match(output, /count: 2n/);
  });

  test('the example at the top of the library runs as it says', () => {
    const [example] = /(?<=@example\n)[\s\S]*?(?=\*\/)/.exec(readFileSync('src/index.ts', 'utf8')) ?? [];
    const code = example!.replaceAll(/^ \* ?/gm, '');
    const imports = "import { openOracle, plainSplit, solveByAttention } from 'seth-attention';\n";
    const output = run(`${imports}${code}\nconsole.log(answer.outcome, answer.witness, answer.count);`);
    assert.is(output.trim(), 'yes [ false, true ] 1n');
  });

  test('every reduction can be imported by itself', () => {
    const output = run(
      "import { splitAndList } from 'seth-attention/reductions/split-and-list'; console.log(splitAndList.theorem);",
    );
    assert.is(output.trim(), 'Williams 2005');
  });

  test('every file that the README links to exists', () => {
    for (const [, target] of readFileSync('README.md', 'utf8').matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      if (!target!.endsWith('reductions')) readFileSync(target!);
    }
  });
});
