/** How to go on with a run that ends before its time: the command line that was given, where a journal keeps what is done. */
import { note } from './faults.ts';
import { quoted } from './quoted.ts';

let open = false;

/** From now on an end of the process before `doneWithJournal` says how to go on. */
export function beginJournal(): void {
  open = true;
}

export function doneWithJournal(): void {
  open = false;
}

/** Prints `Go on with: seth …` if there is something to go on with. */
export function sayHowToGoOn(): void {
  if (open) note(`Go on with: seth ${process.argv.slice(2).map(quoted).join(' ')}`);
  open = false;
}
