import type { CommandModule } from 'yargs';
import { act } from '../act.ts';
import { jsonOption } from '../options.ts';

export interface DoctorArguments {
  readonly json: boolean;
}

export const doctor: CommandModule<object, DoctorArguments> = {
  command: 'doctor',
  describe: 'Show which oracles run on this machine, how fast, and why others do not',
  builder: (yargs) => yargs.options({ json: jsonOption }).example('seth doctor', ''),
  handler: act(async () => (await import('../actions/doctor.ts')).doctor),
};
