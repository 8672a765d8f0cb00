/**
 * SVG to PNG with resvg in WebAssembly and DejaVu Sans, whatever fonts the machine has: the same bytes everywhere. Both
 * are optional packages, loaded here when a figure is asked for.
 */
import { readFile } from 'node:fs/promises';
import { InputError } from '../problems/input-error.ts';

/** Pixels for a unit of the SVG. */
const zoom = 2;

let loaded: Promise<(svg: string) => Uint8Array> | undefined;

/** Loads what draws, once, and gives a function from SVG to PNG. Throws an `InputError` where it is not there. */
export function pngMaker(): Promise<(svg: string) => Uint8Array> {
  return (loaded ??= load());
}

async function load(): Promise<(svg: string) => Uint8Array> {
  try {
    const { initWasm, Resvg } = await import('@resvg/resvg-wasm');
    const [code, font] = await Promise.all(
      ['@resvg/resvg-wasm/index_bg.wasm', 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf'].map((file) =>
        readFile(new URL(import.meta.resolve(file))),
      ),
    );
    await initWasm(code!);
    const fonts = { fontBuffers: [font!], defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' };
    return (svg) => new Resvg(svg, { font: fonts, fitTo: { mode: 'zoom', value: zoom } }).render().asPng();
  } catch (error) {
    throw new InputError({
      code: 'package-missing',
      field: '--out',
      expected: 'the optional packages @resvg/resvg-wasm and dejavu-fonts-ttf, for the PNG figure',
      found: error instanceof Error ? error.message : String(error),
      hint: 'install them with "npm install @resvg/resvg-wasm dejavu-fonts-ttf"',
    });
  }
}
