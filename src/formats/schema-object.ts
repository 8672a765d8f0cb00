/** Objects of a schema, whose faults are said as the rest of them are: what was expected, without Valibot's sentence. */
import * as v from 'valibot';

/** Valibot reports a missing field as a fault of its object, which then expects the field's name in quotes. */
export const object = <Entries extends v.ObjectEntries>(
  entries: Entries,
): v.ObjectSchema<Entries, v.ErrorMessage<v.ObjectIssue>> =>
  v.object(entries, ({ expected }) => (expected?.startsWith('"') ? 'this field' : 'an object'));
