import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { openDevice } from '../../../src/oracles/gpu/device.ts';
import { GpuFailure } from '../../../src/oracles/gpu/failure.ts';
import { openOracle } from '../../../src/oracles/oracles.ts';
import { suite } from '../../support/harness.ts';

const limits = {
  maxBufferSize: 2 ** 40,
  maxStorageBufferBindingSize: 2 ** 40,
  maxComputeWorkgroupStorageSize: 2 ** 15,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupsPerDimension: 65535,
};
const card = {
  vendor: 'nvidia',
  architecture: 'hopper',
  device: 'nvidia-h200',
  description: 'NVIDIA: 550.54.15',
  isFallbackAdapter: false,
};

/** A machine with one adapter, which grants limits up to `grants` alone and loses its device when `lost` says so. */
const machine = (
  info: typeof card,
  grants = Infinity,
  lost: Promise<unknown> = new Promise(() => {}),
): GPU => {
  const requestDevice = async ({ requiredLimits = {} }: GPUDeviceDescriptor = {}): Promise<unknown> => {
    const asked = { ...limits, maxBufferSize: 2 ** 28, ...requiredLimits };
    if (asked.maxBufferSize > grants) throw new Error('maxBufferSize is refused');
    return { limits: asked, lost, destroy: () => {} };
  };
  return { requestAdapter: () => Promise.resolve({ info, limits, requestDevice }) } as unknown as GPU;
};

suite('oracles/gpu/device', (test) => {
  test('an adapter is named by its card and its driver, in browsers by what they tell', async () => {
    for (const [info, name] of [
      [card, 'nvidia-h200 (NVIDIA: 550.54.15)'],
      [{ ...card, device: '', description: '' }, 'nvidia hopper'],
      [{ ...card, device: '' }, 'nvidia hopper (NVIDIA: 550.54.15)'],
      [{ ...card, device: 'amd-radeon--' }, 'amd-radeon (NVIDIA: 550.54.15)'],
      [{ ...card, device: '--' }, 'nvidia hopper (NVIDIA: 550.54.15)'],
      [{ ...card, vendor: '', architecture: '', device: '', description: '' }, 'an adapter without a name'],
    ] as const) {
      const { adapter } = await openDevice({ provider: () => Promise.resolve(machine(info)) });
      assert.is(adapter.name, name);
    }
  });

  test("an adapter that refuses its own limits is used with WebGPU's defaults", async () => {
    const open = async (grants: number): Promise<number> =>
      (await openDevice({ provider: () => Promise.resolve(machine(card, grants)) })).adapter.limits
        .maxBufferSize;
    assert.is(await open(2 ** 40), 2 ** 40);
    assert.is(await open(2 ** 30), 2 ** 28);
  });

  test('the faster of two adapters is asked for, and one that cannot be asked for is none', async () => {
    const asked: unknown[] = [];
    const one = machine(card);
    const gpu = {
      requestAdapter(options: GPURequestAdapterOptions) {
        asked.push(options.powerPreference);
        return asked.length === 1 ? one.requestAdapter(options) : Promise.reject(new Error('no bus\n  at x'));
      },
    } as unknown as GPU;
    const open = (): Promise<unknown> => openDevice({ provider: () => Promise.resolve(gpu) });
    await open();
    const thrown = await open().catch((error: unknown) => error);
    assert.instance(thrown, GpuFailure);
    assert.is((thrown as GpuFailure).code, 'gpu-adapter-missing');
    assert.match(
      (thrown as GpuFailure).message,
      /^no WebGPU adapter was found \(no bus\); install the driver/,
    );
    assert.equal(asked, ['high-performance', 'high-performance']);
  });

  test('a device that is lost long after it was opened says so from then on, in one line', async () => {
    let lose: ((news: unknown) => void) | undefined;
    const lost = new Promise((resolve) => (lose = resolve));
    const device = await openDevice({ provider: () => Promise.resolve(machine(card, Infinity, lost)) });
    assert.is(device.lost(), undefined);
    lose!({ message: 'unplugged\nbacktrace' });
    await lost;
    for (let look = 0; look < 2; look++) {
      assert.is(device.lost()?.code, 'gpu-device-lost');
      assert.match(
        device.lost()!.message,
        /^the device of nvidia-h200 \(NVIDIA: 550\.54\.15\) was lost \(unplugged\); run it again; /,
      );
    }
  });

  test('auto is the gpu where there is a graphics card, and the cpu where software plays one', async () => {
    const own = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    try {
      for (const [info, name] of [
        [card, 'gpu'],
        [{ ...card, description: 'llvmpipe' }, 'cpu'],
      ] as const) {
        const value = { gpu: machine(info) };
        Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
        const oracle = await openOracle('auto');
        assert.is(oracle.name, name);
        await oracle.close();
      }
    } finally {
      if (own === undefined) Reflect.deleteProperty(globalThis, 'navigator');
      else Object.defineProperty(globalThis, 'navigator', own);
    }
  });

  test('the package is asked for in the version that package.json has', () => {
    const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly optionalDependencies: Readonly<Record<string, string>>;
    };
    const { message } = new GpuFailure('gpu-package-missing', 'x');
    assert.match(message, `npm install webgpu@${optionalDependencies['webgpu']}"`);
  });
});
