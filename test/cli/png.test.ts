import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { pngMaker } from '../../src/cli/png.ts';
import { suite } from '../support/harness.ts';

suite('src/cli/png', (test) => {
  test('the PNG in the docs is the SVG beside it, drawn, byte for byte, and the same again', async () => {
    const toPng = await pngMaker();
    const svg = readFileSync('docs/transition.svg', 'utf8');
    const drawn = Buffer.from(toPng(svg));
    assert.ok(drawn.equals(readFileSync('docs/transition.png')), 'docs/transition.png is another picture');
    assert.ok(drawn.equals(Buffer.from(toPng(svg))), 'the second is another picture than the first');
  });

  test('text is drawn, and a PNG is twice as large as its SVG', async () => {
    const toPng = await pngMaker();
    const svg = (text: string): string =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20" font-family="sans-serif"><text x="2" y="15">${text}</text></svg>`;
    const empty = toPng(svg(''));
    const texts = ['γ', '√', '₂', 'n'].map((text) => Buffer.from(toPng(svg(text))).toString('base64'));
    assert.is(new Set([...texts, Buffer.from(empty).toString('base64')]).size, 5);
    const size = new DataView(empty.buffer, empty.byteOffset + 16, 8);
    assert.equal([size.getUint32(0), size.getUint32(4)], [120, 40]);
  });
});
