/** The version in package.json, which stands three folders above the built file. */
import { readFileSync } from 'node:fs';

interface Manifest {
  readonly version: string;
}

export function version(): string {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as Manifest).version;
}
