/** A worker thread: an instance of the kernel over the shared memory, and one job after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { instantiate, runJob } from './kernel.ts';
import type { WorkerData, WorkerMessage } from './pool.ts';

const { module, memory } = workerData as WorkerData;
const kernel = instantiate(module, memory);

parentPort!.on('message', (message: WorkerMessage) => {
  if ('sabotage' in message) throw new Error('sabotage');
  runJob(kernel, message.job);
  parentPort!.postMessage(message.id, []);
});
