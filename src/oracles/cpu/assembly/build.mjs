/**
 * Compiles the kernels with AssemblyScript, with and without relaxed SIMD, and writes the WebAssembly as base64 into
 * ../kernel-bytes.ts, so that no file need be found when it runs and a browser takes it as it is. Part of
 * `npm run build`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import asc from 'assemblyscript/asc';

const options = [
  ...['index.ts', 'single.ts', 'pack.ts', 'average.ts', 'meter.ts', 'monomials.ts'],
  ...['--outFile', 'kernel.wasm'],
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
  ...['--runtime', 'stub', '--use', 'abort='],
  ...['--disableWarning', '112'], // that v128 is not for every embedding: no export takes one
  ...['--enable', 'simd', '--enable', 'threads'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
];

async function compile(more) {
  let wasm;
  const { error, stderr } = await asc.main([...options, ...more], {
    readFile: (name) => readFile(new URL(name, import.meta.url), 'utf8').catch(() => null),
    writeFile: (name, contents) => {
      if (name === 'kernel.wasm') wasm = contents;
    },
    listFiles: () => [],
  });
  process.stderr.write(stderr.toString());
  if (error !== null || wasm === undefined) throw error ?? new Error('asc wrote no kernel.wasm');
  return wasm;
}

const plain = await compile([]);
const relaxed = await compile(['--enable', 'relaxed-simd']);

await writeFile(
  new URL('../kernel-bytes.ts', import.meta.url),
  [
    `// Written by assembly/build.mjs: ${plain.length} and ${relaxed.length} bytes of WebAssembly. Not to be edited, not in git.`,
    'export const kernelBytes: string =',
    `  '${Buffer.from(plain).toString('base64')}';`,
    'export const relaxedKernelBytes: string =',
    `  '${Buffer.from(relaxed).toString('base64')}';`,
    '',
  ].join('\n'),
);
