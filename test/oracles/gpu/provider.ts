/** WebGPU with something changed, for tests of what can go wrong. */
import { findProvider, type DeviceLimits } from '../../../src/oracles/gpu/device.ts';

export interface Changes {
  /** What the adapter says of itself. */
  readonly info?: Partial<GPUAdapterInfo>;
  /** Is called with each device that is opened; what it gives is used. */
  readonly device?: (device: GPUDevice) => GPUDevice;
  readonly requestDevice?: GPUAdapter['requestDevice'];
}

/** WebGPU as `provider` gives it, changed. */
export function changed(
  { info, device = (same) => same, requestDevice }: Changes,
  provider: () => Promise<GPU> = findProvider,
): () => Promise<GPU> {
  return async () => {
    const real = await provider();
    const requestAdapter = async (): Promise<GPUAdapter> => {
      const adapter = (await real.requestAdapter())!;
      return {
        info: { ...plain(adapter.info), ...info },
        limits: adapter.limits,
        requestDevice:
          requestDevice ??
          (async (descriptor: GPUDeviceDescriptor) => device(await adapter.requestDevice(descriptor))),
      } as unknown as GPUAdapter;
    };
    return { requestAdapter } as unknown as GPU;
  };
}

/**
 * The machine's own WebGPU with one device for all who ask, which nobody closes and which compiles each shader once:
 * software takes up to seconds for one.
 */
export function shared(): () => Promise<GPU> {
  let device: Promise<GPUDevice> | undefined;
  return async () => {
    const adapter = (await (await findProvider()).requestAdapter())!;
    const requestDevice = (descriptor: GPUDeviceDescriptor): Promise<GPUDevice> =>
      (device ??= adapter.requestDevice(descriptor).then(compilingOnce));
    const { info, limits } = adapter;
    return { requestAdapter: () => Promise.resolve({ info, limits, requestDevice }) } as unknown as GPU;
  };
}

function compilingOnce(device: GPUDevice): GPUDevice {
  const modules = new Map<string, GPUShaderModule>();
  const pipelines = new Map<GPUShaderModule, Promise<GPUComputePipeline>>();
  return replaced(device, {
    destroy: () => undefined,
    createShaderModule(descriptor) {
      const known = modules.get(descriptor.code) ?? device.createShaderModule(descriptor);
      modules.set(descriptor.code, known);
      return known;
    },
    createComputePipelineAsync(descriptor) {
      const { module } = descriptor.compute;
      const known = pipelines.get(module) ?? device.createComputePipelineAsync(descriptor);
      pipelines.set(module, known);
      return known;
    },
  });
}

/** `target` with some methods replaced; all others are called on itself. */
export function replaced(target: GPUDevice, methods: Partial<GPUDevice>): GPUDevice {
  return new Proxy(target, {
    get(device, name: keyof GPUDevice) {
      const own = methods[name];
      if (own !== undefined) return own;
      const value: unknown = device[name];
      return typeof value === 'function' ? value.bind(device) : value;
    },
  });
}

function plain(info: GPUAdapterInfo): Partial<GPUAdapterInfo> {
  const { vendor, architecture, device, description, isFallbackAdapter } = info;
  return { vendor, architecture, device, description, isFallbackAdapter };
}

/** A device whose results come later, each dispatch's by the next number of milliseconds, and then no more. */
export const slowed =
  (delays: readonly number[]) =>
  (device: GPUDevice): GPUDevice => {
    const left = delays.values();
    return replaced(device, {
      createBuffer(descriptor) {
        const buffer = device.createBuffer(descriptor);
        const mapAsync = buffer.mapAsync.bind(buffer);
        buffer.mapAsync = async (mode) => {
          const { value = 0 } = left.next();
          await new Promise((resolve) => setTimeout(resolve, value));
          return mapAsync(mode);
        };
        return buffer;
      },
    });
  };

/** A device that throws for what is beyond `limits`: a real one's are at least WebGPU's defaults, whatever was asked for. */
export const limited =
  ({
    maxBufferSize,
    maxStorageBufferBindingSize,
    maxComputeWorkgroupsPerDimension,
  }: Pick<
    DeviceLimits,
    'maxBufferSize' | 'maxStorageBufferBindingSize' | 'maxComputeWorkgroupsPerDimension'
  >) =>
  (device: GPUDevice): GPUDevice => {
    const require = (what: string, size: number, most: number): void => {
      if (!(size <= most)) throw new Error(`${what} of ${size}, beyond ${most}`);
    };
    return replaced(device, {
      createBuffer(descriptor) {
        require('a buffer', descriptor.size, maxBufferSize);
        return device.createBuffer(descriptor);
      },
      createBindGroup(descriptor) {
        for (const { resource } of descriptor.entries)
          require('a binding', (resource as GPUBufferBinding).buffer.size, maxStorageBufferBindingSize);
        return device.createBindGroup(descriptor);
      },
      createCommandEncoder() {
        const encoder = device.createCommandEncoder();
        const beginComputePass = encoder.beginComputePass.bind(encoder);
        encoder.beginComputePass = () => {
          const pass = beginComputePass();
          const dispatch = pass.dispatchWorkgroups.bind(pass);
          pass.dispatchWorkgroups = (x, y) => {
            require('workgroups', Math.max(x, y ?? 1), maxComputeWorkgroupsPerDimension);
            return dispatch(x, y);
          };
          return pass;
        };
        return encoder;
      },
    });
  };
