/**
 * A command's handler: it loads the command's code when the command is run, so that `seth --help` loads none, and
 * the number that comes back is the exit code.
 */
export function act<Arguments>(
  load: () => Promise<(args: Arguments) => Promise<number>>,
): (args: Arguments) => Promise<void> {
  return async (args) => {
    const action = await load();
    process.exitCode = await action(args);
  };
}
