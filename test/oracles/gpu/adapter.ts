/**
 * Is there an adapter to test on? A graphics card, or where there is none the software adapter that Debian's chromium
 * brings. Without either the tests of the gpu oracle do not run and one line says so; under CI that is a failure.
 */
import { existsSync } from 'node:fs';
import { findProvider } from '../../../src/oracles/gpu/device.ts';

const softwareDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const hasCard = ['/dev/dri', '/dev/nvidiactl', '/dev/dxg'].some(existsSync);
if (!hasCard && process.env['VK_DRIVER_FILES'] === undefined && existsSync(softwareDriver)) {
  process.env['VK_DRIVER_FILES'] = softwareDriver; // read when the first adapter is asked for
}

const why = await findProvider().then(
  async (gpu) => ((await gpu.requestAdapter()) === null ? 'no WebGPU adapter was found' : undefined),
  (error: unknown) => String(error),
);

/** True where tests of the gpu oracle can run. */
export const hasAdapter: boolean = why === undefined;

if (!hasAdapter) {
  const line = `the tests of the gpu oracle did not run: ${why} (Debian: apt-get install chromium libvulkan1)`;
  if (process.env['CI'] === 'true') throw new Error(line);
  console.log(line);
}
