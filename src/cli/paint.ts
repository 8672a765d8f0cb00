/** Colour for one stream: only on a terminal, never with NO_COLOR, always with FORCE_COLOR. */
import picocolors from 'picocolors';

export function paint(stream: { readonly isTTY?: boolean }): ReturnType<typeof picocolors.createColors> {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (isSet(NO_COLOR)) return picocolors.createColors(false);
  return picocolors.createColors(isSet(FORCE_COLOR) || (stream.isTTY === true && TERM !== 'dumb'));
}

/** no-color.org: present and not empty, whatever the value. */
const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';
