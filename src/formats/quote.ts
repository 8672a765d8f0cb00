/** Something a user wrote, quoted on one line and cut to `most` characters, for the `found` of an `InputError`. */
export function quote(text: string, most = 40): string {
  return JSON.stringify(text.length > most ? `${text.slice(0, most)}…` : text);
}

/** A name from a file as a field name: itself where it is plain, quoted where it could break the line. */
export function fieldName(name: string): string {
  return /^[\w.-]{1,64}$/.test(name) ? name : quote(name);
}

/** A value of a JSON document, as it would be written there, cut to 40 characters; `nothing` where there is none. */
export function quoteJson(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return String(value); // JSON has no infinities
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
