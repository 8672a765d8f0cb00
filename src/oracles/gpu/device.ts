/**
 * A WebGPU device: `navigator.gpu` where there is one (browsers, Deno), otherwise Dawn through the package `webgpu`,
 * which is loaded when the first device is asked for. What is missing is said in four different ways (failure.ts).
 */
import { mayHaveDriver, ownSurroundings, type Surroundings } from './driver.ts';
import { GpuFailure } from './failure.ts';

/** What is known of an adapter. */
export interface AdapterFacts {
  /** The card's name and the driver's, such as `nvidia-h200 (NVIDIA: 550.54.15)`; in browsers only its kind. */
  readonly name: string;
  /** True where a processor plays the graphics card: for tests, never chosen by `auto`. */
  readonly software: boolean;
  readonly limits: DeviceLimits;
}

/**
 * What buffers and workgroups have to fit in; bytes but for the last two. No kernel has more than 64 invocations a
 * workgroup, which every device allows: theirs is only shown.
 */
export interface DeviceLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupsPerDimension: number;
}

export interface Device {
  readonly gpu: GPUDevice;
  readonly adapter: AdapterFacts;
  /** Set once the device is lost, whoever lost it. */
  readonly lost: () => GpuFailure | undefined;
  close(): void;
}

export interface DeviceOptions {
  /** Where to find adapters; by default `navigator.gpu` or the package `webgpu`. */
  readonly provider?: () => Promise<GPU>;
  /** Limits to stay below, for tests: the adapter's own are larger. */
  readonly limits?: Partial<DeviceLimits>;
}

const limitNames = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupsPerDimension',
] as const satisfies readonly (keyof DeviceLimits)[];

/** Opens the best adapter's device, with the adapter's own limits if it grants them. Throws a `GpuFailure`. */
export async function openDevice({
  provider = findProvider,
  limits: forced = {},
}: DeviceOptions = {}): Promise<Device> {
  const adapter = await requestAdapter(await provider());
  const name = nameOf(adapter.info);
  const gpu = await requestDevice(adapter, name);
  const limits = Object.fromEntries(
    limitNames.map((limit) => [limit, Math.min(gpu.limits[limit], forced[limit] ?? Infinity)]),
  ) as unknown as DeviceLimits;
  let loss: GpuFailure | undefined;
  void gpu.lost.then(({ message }) => {
    loss = new GpuFailure('gpu-device-lost', `the device of ${name} was lost (${oneLine(message)})`);
  });
  const facts = { name, software: isSoftware(adapter.info), limits };
  return { gpu, adapter: facts, lost: () => loss, close: () => gpu.destroy() };
}

/** Is the adapter that `openDevice` would open a graphics card, not software that plays one? Throws a `GpuFailure`. */
export async function isHardwareAdapter(provider: () => Promise<GPU> = findProvider): Promise<boolean> {
  return !isSoftware((await requestAdapter(await provider())).info);
}

let dawn: Promise<GPU> | undefined;

/** One instance of Dawn a process: adapters of a second one are no cheaper, and it is never taken down. */
export function findProvider(): Promise<GPU> {
  const own = (globalThis as { readonly navigator?: { readonly gpu?: GPU } }).navigator?.gpu;
  if (own !== undefined && own !== null) return Promise.resolve(own);
  dawn ??= findDawn(() => import('webgpu'), ownSurroundings);
  return dawn;
}

/** The package `webgpu`, as much of it as is used. */
interface Dawn {
  create(flags: string[]): GPU;
}

/** Dawn, where there may be a driver for it. Throws a `GpuFailure`. */
export async function findDawn(
  load: () => Promise<Dawn>,
  surroundings: () => Promise<Surroundings>,
): Promise<GPU> {
  if (!mayHaveDriver(await surroundings())) {
    throw new GpuFailure('gpu-adapter-missing', 'no Vulkan driver was found');
  }
  return loadDawn(load);
}

/** Dawn from the package that `load` imports. Throws a `GpuFailure`. */
export async function loadDawn(load: () => Promise<Dawn>): Promise<GPU> {
  try {
    return (await load()).create([]);
  } catch (cause) {
    throw new GpuFailure(
      'gpu-package-missing',
      `the optional package webgpu cannot be loaded (${messageOf(cause)})`,
      cause,
    );
  }
}

async function requestAdapter(gpu: GPU): Promise<GPUAdapter> {
  const adapter = await gpu
    .requestAdapter({ powerPreference: 'high-performance' })
    .catch((cause: unknown) => {
      throw new GpuFailure('gpu-adapter-missing', `no WebGPU adapter was found (${messageOf(cause)})`, cause);
    });
  if (adapter === null) throw new GpuFailure('gpu-adapter-missing', 'no WebGPU adapter was found');
  return adapter;
}

/** A device with all that the adapter says it has, or where it refuses that, with WebGPU's defaults. */
async function requestDevice(adapter: GPUAdapter, name: string): Promise<GPUDevice> {
  const requiredLimits = Object.fromEntries(limitNames.map((limit) => [limit, adapter.limits[limit]]));
  try {
    return await adapter.requestDevice({ requiredLimits }).catch(() => adapter.requestDevice());
  } catch (cause) {
    throw new GpuFailure('gpu-error', `${name} gives no device (${messageOf(cause)})`, cause);
  }
}

/** Dawn's `device` is the card and its `description` the driver; browsers have neither, unless asked to tell. */
function nameOf({ description, vendor, architecture, device }: GPUAdapterInfo): string {
  const kind = [vendor, architecture].filter((part) => part !== '').join(' ');
  const card = device.replace(/-+$/, '') || kind || 'an adapter without a name';
  return description === '' ? card : `${card} (${description})`;
}

/** SwiftShader, Mesa's llvmpipe and lavapipe, Microsoft's basic render driver, and what calls itself a fallback. */
function isSoftware(info: GPUAdapterInfo): boolean {
  const words = [info.vendor, info.architecture, info.device, info.description].join(' ');
  return (
    info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render|\bwarp\b|software/i.test(words)
  );
}

/** The first line of what went wrong: an Error's message, or a GPUError's, which is no Error. */
export function messageOf(error: unknown): string {
  const { message } = error as { readonly message?: unknown };
  return oneLine(typeof message === 'string' ? message : String(error));
}

const oneLine = (text: string): string => text.split('\n')[0]!.trim();
