import * as assert from 'uvu/assert';
import { findDawn } from '../../../src/oracles/gpu/device.ts';
import { mayHaveDriver, type Surroundings } from '../../../src/oracles/gpu/driver.ts';
import { GpuFailure } from '../../../src/oracles/gpu/failure.ts';
import { suite } from '../../support/harness.ts';

/** A machine with these files and no others. */
const machine = (
  files: readonly string[],
  env: Surroundings['env'] = {},
  platform = 'linux',
): Surroundings => ({
  platform,
  env,
  home: '/home/ada',
  list: (folder) =>
    files
      .filter((file) => file.startsWith(`${folder}/`))
      .map((file) => file.slice(folder.length + 1).split('/')[0]!),
});

suite('oracles/gpu/driver', (test) => {
  test('a Linux machine without card, variable and manifest has no driver', () => {
    assert.is(mayHaveDriver(machine([])), false);
    assert.is(
      mayHaveDriver(machine(['/dev/null', '/usr/share/vulkan/icd.d/README', '/usr/share/vulkan/x.json'])),
      false,
    );
    assert.is(mayHaveDriver(machine([], { VK_DRIVER_FILES: '' })), false);
  });

  test('a device file, a variable, a manifest in any of the usual folders, or another system may mean one', () => {
    for (const file of [
      '/dev/dri/renderD128',
      '/dev/nvidiactl',
      '/usr/share/vulkan/icd.d/nvidia_icd.json',
      '/etc/vulkan/icd.d/radeon_icd.json',
      '/home/ada/.local/share/vulkan/icd.d/lvp_icd.json',
    ]) {
      assert.is(mayHaveDriver(machine([file])), true, file);
    }
    assert.is(mayHaveDriver(machine([], { VK_DRIVER_FILES: '/x.json' })), true);
    assert.is(
      mayHaveDriver(machine(['/opt/a/vulkan/icd.d/a.json'], { XDG_DATA_DIRS: '/usr/share:/opt/a' })),
      true,
    );
    assert.is(mayHaveDriver(machine([], {}, 'darwin')), true);
  });

  test('without one Dawn is not asked, and the failure says what to install', async () => {
    let asked = 0;
    const load = () => Promise.resolve({ create: () => (asked++, {} as GPU) });
    const thrown = await findDawn(load, () => Promise.resolve(machine([]))).catch((error: unknown) => error);
    assert.instance(thrown, GpuFailure);
    assert.is((thrown as GpuFailure).code, 'gpu-adapter-missing');
    assert.match((thrown as GpuFailure).message, /no Vulkan driver .*; install the driver/);
    assert.is(asked, 0);
    await findDawn(load, () => Promise.resolve(machine(['/dev/dri/card0'])));
    assert.is(asked, 1);
  });
});
