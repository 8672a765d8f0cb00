/** Who takes part in the peer bench, and how each is started. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peersFolder } from './serve.ts';

export interface Contender {
  readonly name: string;
  /** One of our own paths. It is always given every query; a peer may get every second or tenth. */
  readonly ours: boolean;
  readonly command: readonly string[];
  /** What installs it; our own need none. */
  readonly install?: string;
}

/** The Python that Debian's packages are for; another one may come first in the path. */
const python = '/usr/bin/python3';

const node = (file: string, ...args: readonly string[]): string[] => [
  process.execPath,
  ...process.execArgv,
  fileURLToPath(new URL(file, import.meta.url)),
  ...args,
];

const debian = 'bash test/bench/install-peers.sh debian';
const npm = 'bash test/bench/install-peers.sh npm';

/** Everybody, with `threads` threads for each peer that can have them. Node's own flags are passed on. */
export const contenders = (threads: number): readonly Contender[] => [
  ...['cpu', 'cpu:dense', 'cpu:structured'].map((spec) => ({
    name: spec,
    ours: true,
    command: node('seth-peer.js', spec),
  })),
  ...(['blas', 'rows'] as const).map((mode) => ({
    name: mode === 'blas' ? 'numpy' : 'numpy by rows',
    ours: false,
    command: [python, join(peersFolder, 'numpy_peer.py'), mode, String(threads)],
    install: debian,
  })),
  {
    name: 'PyTorch',
    ours: false,
    command: [python, join(peersFolder, 'torch_peer.py'), String(threads)],
    install: debian,
  },
  { name: 'ONNX Runtime', ours: false, command: node('onnx-peer.js', String(threads)), install: npm },
  { name: 'jax-js', ours: false, command: node('jax-peer.js'), install: npm },
  { name: 'naive loop', ours: false, command: node('naive-peer.js') },
];

export const rooflineCommand = (threads: number): readonly string[] => node('roofline.js', String(threads));
