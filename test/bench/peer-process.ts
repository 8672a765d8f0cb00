/** The bench's side of the protocol (task.ts): a process, one order at a time. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Ready } from './task.ts';

export interface PeerProcess {
  readonly ready: Ready;
  /** Resolves with the answer; rejects when the peer reports an error, dies, or takes longer than five minutes. */
  ask<T>(order: unknown): Promise<T>;
  /** Lets it end. */
  close(): void;
}

const patience = 300_000;

/** Starts a peer and waits until it is ready. Throws an Error with the reason where it cannot run. */
export async function startPeer(command: readonly string[]): Promise<PeerProcess> {
  const [program, ...args] = command;
  const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-2000)));
  child.stdin.on('error', () => {}); // it died; whoever asks is told below
  const failure = new Promise<never>((_, reject) => {
    child.on('error', (error) => reject(error));
    child.on('close', (code, signal) => {
      const last = complaint.trim().split('\n').at(-1) ?? '';
      reject(new Error(`ended with ${signal ?? code}${last === '' ? '' : `: ${last}`}`));
    });
  });
  failure.catch(() => {}); // not everyone waits for it

  const next = async <T>(): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        child.kill();
        reject(new Error(`no answer in ${patience / 1000} s`));
      }, patience);
    });
    try {
      const line = await Promise.race([answers.next(), failure, late]);
      if (line.done === true) return await failure;
      const answer = JSON.parse(line.value) as { readonly error?: string; readonly absent?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
      if (answer.absent !== undefined) throw new Error(answer.absent);
      return answer as T;
    } finally {
      clearTimeout(timer);
    }
  };

  const { ready } = await next<{ readonly ready: Ready }>();
  return {
    ready,
    ask: (order) => {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return next();
    },
    close: () => child.stdin.end(),
  };
}
