/** `seth check`: three files to the independent checker, and what it says of them. */
import { check } from '../../checker/check.ts';
import { decodeText } from '../../formats/decompress.ts';
import type { CheckArguments } from '../commands/check.ts';
import { exits, UsageError } from '../faults.ts';
import { longestArray } from '../instance-input.ts';
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
  const bytes = [
    await readBytes(instance, Math.min(memory, longestArray)),
    await readBytes(output, memory),
  ] as const;
  const { accepted, reason } = await check(...bytes, text, error);
  const verdict = accepted ? 'accepted' : 'rejected';
  const isForError = !accepted && error !== undefined && (await check(...bytes, text)).accepted;
  const hint = accepted
    ? undefined
    : isForError
      ? `what it claims by itself is accepted; the answer does not follow where an output may be off by ${error} of itself: grant a smaller --error`
      : hintOf(reason);
  const line = [`${verdict}: ${reason}`, hint].filter((part) => part !== undefined).join('; ');
  await print(`${args.json ? JSON.stringify({ accepted, reason, hint }) : line}\n`);
  return accepted ? exits.ok : exits.disagreement;
}

/** What to do about a rejection for this reason; undefined where the certificate is to be given up. */
const hintOf = (reason: string): string | undefined =>
  /^expected (instance|output)\.sha256 /.test(reason)
    ? 'give the files that the certificate was written for, in the order instance, output, certificate'
    : undefined;

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
