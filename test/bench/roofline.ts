/**
 * The most that WebAssembly on this machine does a second, on as many threads as the peers have: multiply-adds in
 * 128-bit lanes, population counts of words, bytes read from memory. Run by itself it is a process like a peer:
 * every line on standard input is answered with the rates of about 30 ms of each.
 */
import { createInterface } from 'node:readline';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { assemble, hasRelaxed, perIteration, streamBytes, type LoopName } from './wasm-loops.ts';

/** All per second, all threads together. */
export interface Roofline {
  readonly f64MultiplyAdds: number;
  readonly f32MultiplyAdds: number;
  readonly popcounts: number;
  readonly bytes: number;
  /** Did fused multiply-add take part? */
  readonly relaxed: boolean;
}

type Loops = Readonly<Record<LoopName, (iterations: number) => bigint>>;
interface Job {
  readonly loop: LoopName;
  readonly iterations: number;
}

const aimSeconds = 0.03;

if (!isMainThread && parentPort !== null) work(workerData as { relaxed: boolean });
else if (process.argv[1]?.endsWith('roofline.js') === true)
  await measureOnDemand(Number(process.argv[2] ?? 2));

function work({ relaxed }: { relaxed: boolean }): void {
  const memory = new WebAssembly.Memory({ initial: streamBytes / 65536 });
  new Uint8Array(memory.buffer).fill(1); // so that every page is there
  const module = new WebAssembly.Module(assemble(relaxed) as BufferSource);
  const loops = new WebAssembly.Instance(module, { m: { m: memory } }).exports as unknown as Loops;
  parentPort!.on('message', ({ loop, iterations }: Job) => {
    loops[loop](iterations);
    parentPort!.postMessage('done', []);
  });
}

async function measureOnDemand(threads: number): Promise<void> {
  const relaxed = hasRelaxed();
  const file = new URL(import.meta.url);
  const workers = Array.from({ length: threads }, () => new Worker(file, { workerData: { relaxed } }));
  const iterations = new Map<LoopName, number>();

  /** Units of the loop a second; all threads do the same number, and the slowest ends the time. */
  const rate = async (loop: LoopName): Promise<number> => {
    for (let attempt = 0; ; attempt++) {
      const each = iterations.get(loop) ?? 1000;
      const started = performance.now();
      await Promise.all(
        workers.map((worker) => {
          const done = new Promise((resolve) => worker.once('message', resolve));
          worker.postMessage({ loop, iterations: each } satisfies Job, []);
          return done;
        }),
      );
      const seconds = (performance.now() - started) / 1000;
      iterations.set(loop, Math.min(2 ** 31 - 1, Math.ceil((each * aimSeconds) / Math.max(seconds, 1e-4))));
      if (attempt > 0 && seconds > aimSeconds / 2) return (threads * each * perIteration[loop]) / seconds;
    }
  };

  await rate('f64'); // threads start and the engine optimises before anything counts
  console.log(
    JSON.stringify({ ready: { version: `Node ${process.versions.node}`, threads: String(threads) } }),
  );
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === '') continue;
    const roofline: Roofline = {
      f64MultiplyAdds: Math.max(await rate('f64'), relaxed ? await rate('f64Fused') : 0),
      f32MultiplyAdds: Math.max(await rate('f32'), relaxed ? await rate('f32Fused') : 0),
      popcounts: await rate('popcount'),
      bytes: await rate('stream'),
      relaxed,
    };
    console.log(JSON.stringify(roofline));
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
}
