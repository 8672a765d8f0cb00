/**
 * Is there anything that could be a Vulkan driver? On Linux Dawn complains on standard error, in four lines of its own
 * and with no option against it, where there is none; so it is not asked there. In doubt it is: what says no is a
 * machine without a graphics card's device file, without a driver named by a variable, and without a driver's manifest
 * where the Vulkan loader looks for them (Khronos, "Driver interface to the Vulkan loader", Linux driver discovery).
 */

/** What is looked at. */
export interface Surroundings {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The names in a folder; none where there is no such folder. */
  readonly list: (folder: string) => readonly string[];
}

const deviceFiles: readonly (readonly [folder: string, name: RegExp])[] = [
  ['/dev/dri', /./],
  ['/dev', /^(nvidiactl|dxg|mali0|kgsl-3d0)$/],
];
const variables = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'];

export function mayHaveDriver({ platform, env, home, list }: Surroundings): boolean {
  if (platform !== 'linux' || variables.some((name) => set(env[name]))) return true;
  if (deviceFiles.some(([folder, name]) => list(folder).some((file) => name.test(file)))) return true;
  return manifestFolders(env, home).some((folder) => list(folder).some((file) => file.endsWith('.json')));
}

function manifestFolders(env: Surroundings['env'], home: string): readonly string[] {
  const paths = (name: string, otherwise: string): readonly string[] =>
    (set(env[name]) ? env[name]! : otherwise).split(':');
  return [
    ...paths('XDG_CONFIG_HOME', `${home}/.config`),
    ...paths('XDG_CONFIG_DIRS', '/etc/xdg'),
    '/usr/local/etc',
    '/etc',
    ...paths('XDG_DATA_HOME', `${home}/.local/share`),
    ...paths('XDG_DATA_DIRS', '/usr/local/share:/usr/share'),
    '/run/opengl-driver/share', // NixOS
  ].map((folder) => `${folder}/vulkan/icd.d`);
}

const set = (value: string | undefined): boolean => value !== undefined && value !== '';

/** This process's surroundings; only Node, Deno and Bun have them. */
export async function ownSurroundings(): Promise<Surroundings> {
  const { homedir, platform } = await import('node:os');
  const { readdirSync } = await import('node:fs');
  return {
    platform: platform(),
    env: process.env,
    home: homedir(),
    list(folder) {
      try {
        return readdirSync(folder);
      } catch {
        return [];
      }
    },
  };
}
