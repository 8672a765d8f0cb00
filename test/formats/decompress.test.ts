import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { decodeText, decompress } from '../../src/formats/decompress.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { suite } from '../support/harness.ts';
import { damageArb, rejectionOf } from './damage.ts';

/** More than one chunk of either unpacker. */
const text = `p cnf 3 9000\n${'1 -2 3 0\n'.repeat(9000)}`;
const bytes = new TextEncoder().encode(text);

/** `text`, by `xz -9 --check=crc64` of XZ Utils. */
const xz = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Tx0AGRdADgICGcjvZWWKctOIlwBaPdsZ1/4DU2qedG0fefzyGDYDVYjP+dHfgDjxTFC1UZGPPwPfuxkVqLy4NoCxxdyma7YLRiwi2hecEHg/NTvJkJiUxmQ0BuqXzKi478WyGFmdgezAAAAg8RVPDGsxX0AAYAB9fgEAEzoho6xxGf7AgAAAAAEWVo=',
  'base64',
);

suite('src/formats/decompress', (test) => {
  for (const [name, packed] of [
    ['gzip', gzipSync(bytes)],
    ['xz', xz],
  ] as const) {
    test(`${name} is recognised and unpacked`, async () => {
      assert.is(decodeText(await decompress(packed)), text);
    });

    test(`two ${name} streams after one another are read as one`, async () => {
      assert.is(decodeText(await decompress(Buffer.concat([packed, packed]))), text + text);
    });

    test(`${name} streams can be unpacked at the same time, after ones that failed`, async () => {
      const cut = packed.subarray(0, packed.length - 3);
      const all = [cut, packed, cut, packed].map((one) =>
        decompress(one).then(
          (b) => b.length,
          () => 'refused',
        ),
      );
      assert.equal(await Promise.all(all), ['refused', bytes.length, 'refused', bytes.length]);
    });

    test(`a ${name} stream that is cut off anywhere is refused`, async () => {
      for (let length = 6; length < packed.length; length++) {
        const { code, message } = await rejectionOf(decompress(packed.subarray(0, length)));
        assert.is(code, 'compressed-stream-broken');
        assert.ok(message.startsWith(`expected a whole ${name} stream, found `), message);
        assert.ok(message.endsWith(`or unpack it with "${name} -d"`), message);
      }
    });

    test(`a ${name} stream with a wrong checksum is refused`, async () => {
      const damaged = Uint8Array.from(packed);
      damaged[Math.floor(packed.length / 2)]! ^= 0x10;
      assert.is((await rejectionOf(decompress(damaged))).code, 'compressed-stream-broken');
    });

    test(`something after a ${name} stream is refused`, async () => {
      const longer = Buffer.concat([packed, Buffer.from('p cnf 1 1')]);
      assert.is((await rejectionOf(decompress(longer))).code, 'compressed-stream-broken');
    });

    test(`${name} that unpacks beyond the limit is refused, up to the limit is not`, async () => {
      assert.is((await decompress(packed, bytes.length)).length, bytes.length);
      assert.is(
        (await rejectionOf(decompress(packed, bytes.length - 1))).message,
        `expected at most ${bytes.length - 1} bytes after unpacking, found more; if this is the right file, unpack it first with "${name} -d"`,
      );
    });

    test(`a damaged ${name} stream is read or refused, and nothing else`, async () => {
      await fc.assert(
        fc.asyncProperty(damageArb, async (damage) => {
          const outcome = await decompress(damage(packed)).catch((thrown: unknown) => thrown);
          assert.ok(outcome instanceof Uint8Array || outcome instanceof InputError, String(outcome));
        }),
        { numRuns: 200 },
      );
    });
  }

  test('a bomb is stopped at the limit', async () => {
    const bomb = gzipSync(new Uint8Array(2 ** 27));
    assert.ok(bomb.length < 2 ** 18);
    assert.is((await rejectionOf(decompress(bomb, 2 ** 20))).code, 'input-too-large');
    assert.is((await rejectionOf(decompress(bomb))).code, 'input-too-large');
    assert.is((await decompress(gzipSync(new Uint8Array(2 ** 26)))).length, 2 ** 26);
  });

  test('plain bytes pass through, unless there are more than the limit', async () => {
    assert.is(await decompress(bytes), bytes);
    assert.equal(await decompress(new Uint8Array(0)), new Uint8Array(0));
    assert.is((await rejectionOf(decompress(bytes, 10))).code, 'input-too-large');
  });

  test('bzip2 is refused with the command that unpacks it', async () => {
    assert.is(
      (await rejectionOf(decompress(new TextEncoder().encode('BZh91AY&SY')))).message,
      'expected plain text, gzip or xz, found bzip2; unpack it first with "bzip2 -d"',
    );
  });

  test('text loses its byte order mark, and Latin-1 keeps its letters', () => {
    assert.is(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x70)), 'p');
    assert.is(decodeText(new TextEncoder().encode('c Gödel\n')), 'c Gödel\n');
    assert.is(decodeText(Uint8Array.from('c Gödel\n', (letter) => letter.charCodeAt(0))), 'c Gödel\n');
  });
});
