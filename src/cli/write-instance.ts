/** An instance's file, streamed block by block. */
import type { Attention } from '../problems/attention.ts';
import { instanceBytes, tensorBytes } from '../formats/instance-bytes.ts';
import type { AnyDocument } from '../formats/instance-document.ts';
import type { Write } from './write.ts';

/** Writes it; returns the number of bytes. */
export async function writeInstance(
  attention: Attention,
  document: AnyDocument,
  write: Write,
  onProgress: (share: number) => void,
): Promise<number> {
  const total = tensorBytes(attention);
  let written = 0;
  for (const bytes of instanceBytes(attention, document)) {
    await write(bytes);
    written += bytes.length;
    onProgress(Math.min(1, written / total));
  }
  return written;
}
