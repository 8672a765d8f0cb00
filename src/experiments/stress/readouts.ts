/** The frozen readouts of the suites, by rung. Written by `npm run stress:readouts`. */
export const readouts: Readonly<Record<string, string>> = {};
