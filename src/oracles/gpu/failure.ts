/** What can go wrong with a GPU, each with its own remedy. None of it is the fault of the matrices. */
export type GpuFault =
  | 'gpu-package-missing'
  | 'gpu-adapter-missing'
  | 'gpu-device-lost'
  | 'gpu-out-of-memory'
  | 'gpu-self-test-failed'
  | 'gpu-error';

const remedies: Readonly<Record<GpuFault, string>> = {
  'gpu-package-missing': 'install it with "npm install webgpu@0.6.2"; in a browser nothing is needed',
  'gpu-adapter-missing':
    'install the driver of the graphics card and the Vulkan loader (Debian: libvulkan1), or for tests a software adapter (Debian: chromium brings one; set VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json)',
  'gpu-device-lost':
    'run it again; if that does not help, another program uses the card or its driver has to be restarted',
  'gpu-out-of-memory': 'close what else uses the card, or use --oracle cpu',
  'gpu-self-test-failed': 'use --oracle cpu, and update the driver of the graphics card',
  'gpu-error': 'use --oracle cpu, and report it with what "seth doctor" says',
};

/** The GPU could not do its work. The message is one line: what happened, what to do. */
export class GpuFailure extends Error {
  readonly code: GpuFault;

  constructor(code: GpuFault, found: string, cause?: unknown) {
    super(`${found}; ${remedies[code]}`, cause === undefined ? {} : { cause });
    this.name = 'GpuFailure';
    this.code = code;
  }
}

/** Thrown by a mode, before anything runs, where it is not for these matrices: a sentence says why. */
export class Unsuitable extends Error {}

/** What `job` gives, or the sentence that says why the matrices are not for it. */
export function unlessUnsuitable<T>(job: Promise<T>): Promise<T | string> {
  return job.catch((error: unknown) => {
    if (error instanceof Unsuitable) return error.message;
    throw error;
  });
}
