/** `seth doctor`: what this machine can run. */
import { availableParallelism } from 'node:os';
import { hasRelaxedSimd } from '../../oracles/cpu/kernel.ts';
import { probe, type Probe } from '../../oracles/oracles.ts';
import { figure } from '../answers.ts';
import type { DoctorArguments } from '../commands/doctor.ts';
import { exits } from '../faults.ts';
import { inBytes, installedMemory, memoryLimit } from '../memory.ts';
import { paint } from '../paint.ts';
import { version } from '../version.ts';
import { print } from '../write.ts';

export async function doctor({ json }: DoctorArguments): Promise<number> {
  const oracles = await probe();
  const machine = {
    version: version(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    threads: availableParallelism(),
    /** The build of the cpu oracle's kernels: with fused multiply-add or without. */
    simd: hasRelaxedSimd() ? ('relaxed' as const) : ('plain' as const),
    memory: installedMemory(),
    usableMemory: memoryLimit(undefined),
  };
  await print(json ? `${JSON.stringify({ ...machine, oracles })}\n` : table(machine, oracles));
  return exits.ok;
}

interface Machine {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly threads: number;
  readonly simd: 'relaxed' | 'plain';
  readonly memory: number;
  readonly usableMemory: number;
}

function table(machine: Machine, oracles: readonly Probe[]): string {
  const { bold, dim, green, red } = paint(process.stdout);
  const width = Math.max(6, ...oracles.map(({ name }) => name.length));
  const rows = oracles.map(({ name, available, reason, path, threads, gigaPairsPerSecond }) => {
    const facts = [
      path,
      threads === undefined ? undefined : `${threads} ${threads === 1 ? 'thread' : 'threads'}`,
      gigaPairsPerSecond === undefined ? undefined : `${figure(gigaPairsPerSecond)} Gpairs/s`,
    ].filter((fact) => fact !== undefined);
    const verdict = available ? `${green('✓')} ${facts.join(', ')}` : `${red('✗')} ${reason ?? ''}`;
    return `${bold(name.padEnd(width))}  ${verdict}`;
  });
  const { node, platform, threads, simd, memory, usableMemory } = machine;
  return [
    `seth-attention ${machine.version} on Node ${node}, ${platform}, ${threads} threads, ${inBytes(memory)} of memory (${inBytes(usableMemory)} used at most)`,
    `kernels of the cpu oracle: WebAssembly ${simd === 'relaxed' ? 'relaxed SIMD, fused multiply-add' : 'SIMD, no fused multiply-add'}`,
    '',
    ...rows,
    '',
    dim('a pair is a query and a key of head dimension 64; every oracle was compared with the reference'),
    '',
  ].join('\n');
}
