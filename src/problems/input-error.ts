/** What was wrong with something a user gave us, as data, so that text and JSON cannot drift apart. */
export interface Fault {
  /** A stable, kebab-case name of the fault, such as `literal-out-of-range`. */
  readonly code: string;
  /** What would have been right. */
  readonly expected: string;
  /** What was there instead. */
  readonly found: string;
  /** The next thing to try, as an instruction. */
  readonly hint: string;
  /** The file, where one is known. */
  readonly file?: string;
  /** The line, counted from 1, where the input has lines. */
  readonly line?: number;
  /** The field, tensor or option, where the input has names. */
  readonly field?: string;
}

/**
 * The one error for bad input: files, options, matrices that do not fit. Its message is one line:
 * place, what was expected, what was found, what to do.
 */
export class InputError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(describe(fault));
    this.name = 'InputError';
    this.fault = fault;
  }

  /** The same fault, with the file it was found in. */
  inFile(file: string): InputError {
    return new InputError({ ...this.fault, file });
  }
}

function describe({ file, line, field, expected, found, hint }: Fault): string {
  const place = [file, line === undefined ? undefined : `line ${line}`, field]
    .filter((part) => part !== undefined)
    .join(', ');
  return `${place === '' ? '' : `${place}: `}expected ${expected}, found ${found}; ${hint}`;
}
