/**
 * Looks for an adapter: a graphics card, or where there is none the software adapter that Debian's chromium brings, which
 * nothing but a test or a campaign takes.
 */
import { existsSync } from 'node:fs';
import { isHardwareAdapter, messageOf } from '../../../src/oracles/gpu/device.ts';

const softwareDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Why there is none, and what would bring one; undefined where there is one. */
export async function whyNoAdapter(): Promise<string | undefined> {
  const hasCard = ['/dev/dri', '/dev/nvidiactl', '/dev/dxg'].some(existsSync);
  if (!hasCard && process.env['VK_DRIVER_FILES'] === undefined && existsSync(softwareDriver)) {
    process.env['VK_DRIVER_FILES'] = softwareDriver; // read when the first adapter is asked for
  }
  return isHardwareAdapter().then(
    () => undefined,
    (error: unknown) => messageOf(error),
  );
}
