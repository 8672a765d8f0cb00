import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { sha256Hex } from '../../src/formats/sha256.ts';
import { suite } from '../support/harness.ts';

suite('src/formats/sha256', (test) => {
  test('the hash of "abc" is the one in FIPS 180-4', async () => {
    assert.is(await sha256Hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  test('the hash is that of the UTF-8 bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        assert.is(await sha256Hex(text), createHash('sha256').update(text, 'utf8').digest('hex'));
      }),
    );
  });
});
