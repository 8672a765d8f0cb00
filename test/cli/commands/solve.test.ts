import * as assert from 'uvu/assert';
import { suite } from '../../support/harness.ts';
import { seth } from '../seth.ts';

suite('src/cli/commands/solve', (test) => {
  test('a satisfiable formula ends with 10, in the words of the competitions', async () => {
    const { code, stdout, stderr } = await seth(['solve', 'instances/teaching-6.cnf']);
    assert.match(
      stdout,
      /^s SATISFIABLE\nv 1 -2 3 -4 0\nc s type mc\nc s exact arb int 1\nc certificate: bias \S+, noise \S+, farthest from an integer \S+\n$/,
    );
    assert.equal([code, stderr], [10, '']);
  });

  test('an unsatisfiable one ends with 20', async () => {
    const { code, stdout } = await seth(['solve', 'instances/teaching-3.cnf', '--oracle', 'reference']);
    assert.match(stdout, /^s UNSATISFIABLE\nc s type mc\nc s exact arb int 0\nc certificate: .*\n$/);
    assert.is(code, 20);
  });

  test('one that cannot be certified ends with 0 and says what would help', async () => {
    const { code, stdout } = await seth(['solve', 'instances/random-3sat-12-s1.cnf', '--bound', '1']);
    assert.match(
      stdout,
      /^c (left vector \d+ cannot|no left vector can) be certified: .*\nc an .*--bound.*\ns UNKNOWN\nc certificate: .*\n$/,
    );
    assert.is(code, 0);
  });

  test('--json has the answer, the certificate and the instance', async () => {
    const { code, stdout } = await seth(['solve', 'instances/teaching-6.cnf', '--json']);
    const { answer, count, model, oracle, certificate, instance, seconds } = JSON.parse(stdout) as Record<
      string,
      object
    >;
    assert.equal(
      { answer, count, model, oracle },
      { answer: 'SATISFIABLE', count: '1', model: [1, -2, 3, -4], oracle: 'cpu' },
    );
    assert.equal(Object.keys(certificate!), ['bias', 'noise', 'worst']);
    assert.ok('bound' in instance!);
    assert.equal(Object.keys(seconds!), ['encode', 'attend', 'decode']);
    assert.is(code, 10);
  });
});
