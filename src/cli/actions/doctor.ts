/** `seth doctor`: what this machine can run. */
import { counted } from '../../problems/counted.ts';
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
  const reasons = oracles.map(({ reason }) => reason);
  const rows = oracles.map(({ name, available, reason, path, threads, gigaPairsPerSecond, seconds }) => {
    const facts = [
      seconds === undefined ? undefined : `a program starts and its output is read, ${figure(seconds)} s`,
      path,
      threads === undefined ? undefined : counted(threads, 'thread'),
      gigaPairsPerSecond === undefined ? undefined : `${figure(gigaPairsPerSecond)} Gpairs/s`,
    ].filter((fact) => fact !== undefined);
    const first = reasons.indexOf(reason);
    const why =
      oracles[first] === undefined || oracles[first].name === name
        ? (reason ?? '')
        : `as ${oracles[first].name}`;
    const verdict = available ? `${green('✓')} ${facts.join(', ')}` : `${red('✗')} ${why}`;
    return `${bold(name.padEnd(width))}  ${verdict}`;
  });
  const { node, platform, threads, simd, memory, usableMemory } = machine;
  const card = oracles.find(({ adapter }) => adapter !== undefined);
  return [
    `seth-attention ${machine.version} on Node ${node}, ${platform}, ${threads} threads, ${inBytes(memory)} of memory (${inBytes(usableMemory)} used at most)`,
    `kernels of the cpu oracle: WebAssembly ${simd === 'relaxed' ? 'relaxed SIMD, fused multiply-add' : 'SIMD, no fused multiply-add'}`,
    '',
    ...rows,
    '',
    ...(card === undefined ? [] : [...cardLines(card), '']),
    dim('a pair is a query and a key of head dimension 64; every oracle was compared with the reference'),
    '',
  ].join('\n');
}

/** The graphics card, what fits in it, and the modes that may not be used on it. */
function cardLines({ adapter, software, limits, selfTests }: Probe): string[] {
  const failed = Object.entries(selfTests ?? {}).map(
    ([mode, why]) => `; ${mode} failed its self-test: ${why}`,
  );
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = limits!;
  return [
    `graphics card: ${adapter}${software ? ', which is software: for tests, never chosen by auto' : ''}`,
    `  buffers of ${inBytes(maxBufferSize)}, bindings of ${inBytes(maxStorageBufferBindingSize)}, ${inBytes(maxComputeWorkgroupStorageSize)} a workgroup${failed.length === 0 ? '; every mode passed its self-test' : failed.join('')}`,
  ];
}
