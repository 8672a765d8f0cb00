/**
 * What ends a program when this process is killed by SIGKILL and can end nothing any more: a shell that reads from a
 * pipe. Only this process holds the pipe's other end, so its end, however it comes, is the end of the input. There is no
 * way to do this without a third process: what Linux has for it, PR_SET_PDEATHSIG, is not for Node to call, and it goes to
 * a program, not to its group.
 */
import { spawn } from 'node:child_process';

/** `$1` is the group. A line says that there is nothing left to kill. Four shells take the words in this form only. */
const script = 'read -r line || kill -KILL "-$1"';

/** Watches a process group; the function that comes back ends that. Does nothing where there is no POSIX shell. */
export function watch(group: number): () => void {
  const shell = spawn('sh', ['-c', script, 'sh', String(group)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // what kills our own group leaves it alone
  });
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  return () => shell.stdin.end('\n');
}
