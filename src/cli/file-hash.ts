/** SHA-256 of a file of any size: unlike WebCrypto's it copies nothing and takes more than 2 GiB. */
import { createHash } from 'node:crypto';

const block = 2 ** 28;

/** 64 lower-case hexadecimal digits. */
export function hashOfBytes(bytes: Uint8Array): string {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += block) hash.update(bytes.subarray(at, at + block));
  return hash.digest('hex');
}
