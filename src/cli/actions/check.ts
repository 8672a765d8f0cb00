/** `seth check`: three files to the independent checker, and what it says of them. */
import { check } from '../../checker/check.ts';
import { decodeText } from '../../formats/decompress.ts';
import type { CheckArguments } from '../commands/check.ts';
import { exits, UsageError } from '../faults.ts';
import { readInstanceBytes } from '../instance-input.ts';
import { memoryOf, numberOf } from '../options.ts';
import { nameOf, readBytes } from '../read.ts';
import { print } from '../write.ts';
import { InputError } from '../../problems/input-error.ts';

/** No certificate of this format is longer. */
const longestCertificate = 2 ** 24;

export async function checkCertificate(args: CheckArguments): Promise<number> {
  const { instance, output, certificate } = args;
  if ([instance, output, certificate].filter((path) => path === '-').length > 1) {
    throw new UsageError('only one of the three files can come from standard input');
  }
  const error = numberOf('error', args.error, { min: 0, max: 1 });
  const memory = memoryOf(args);
  const text = readCertificate(await readBytes(certificate, longestCertificate), certificate);
  const { accepted, reason } = await check(
    await readInstanceBytes(instance, memory),
    await readBytes(output, memory),
    text,
    error,
  );
  const verdict = accepted ? 'accepted' : 'rejected';
  await print(args.json ? `${JSON.stringify({ accepted, reason })}\n` : `${verdict}: ${reason}\n`);
  return accepted ? exits.ok : exits.disagreement;
}

/** The text of a file that can be a certificate at all: a JSON object. */
function readCertificate(bytes: Uint8Array, path: string): string {
  try {
    const text = decodeText(bytes);
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return text;
  } catch {
    // said below
  }
  throw new InputError({
    code: 'not-a-certificate',
    file: nameOf(path),
    expected: 'a certificate, which is a JSON object',
    found: 'something else',
    hint: 'give the files in the order instance, output, certificate',
  });
}
