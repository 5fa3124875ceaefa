/** Where a value stands in the document: keys and list positions, outermost first. */
export type KeyPath = readonly (string | number)[];

const BARE_KEY = /^[A-Za-z0-9_-]+$/;

/** As TOML would spell it, with list positions in brackets: `capability[0].config[1]."odd key"`. */
export function formatPath(path: KeyPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += (text === '' ? '' : '.') + (BARE_KEY.test(step) ? step : JSON.stringify(step));
  }
  return text;
}
