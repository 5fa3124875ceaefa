const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

function skipSpace(json: string, at: number): number {
  let i = at;
  while (json.charCodeAt(i) <= 0x20) i++;
  return i;
}

/** The index after the string that starts at `at`. */
function skipString(json: string, at: number): number {
  for (let end = json.indexOf('"', at + 1); ; end = json.indexOf('"', end + 1)) {
    if (end === -1) return json.length;
    let before = end - 1;
    while (json.charCodeAt(before) === BACKSLASH) before--;
    if ((end - before) % 2 === 1) return end + 1;
  }
}

function skipNested(json: string, at: number): number {
  let depth = 0;
  for (let i = at; i < json.length; ) {
    const c = json[i];
    if (c === '"') {
      i = skipString(json, i);
      continue;
    }
    i++;
    if (c === '{' || c === '[') depth++;
    else if ((c === '}' || c === ']') && --depth === 0) return i;
  }
  return json.length;
}

function skipScalar(json: string, at: number): number {
  let i = at;
  while (i < json.length && !',]} \t\n\r'.includes(json[i] ?? '')) i++;
  return i;
}

function skipValue(json: string, at: number): number {
  const c = json[at];
  if (c === '"') return skipString(json, at);
  return c === '{' || c === '[' ? skipNested(json, at) : skipScalar(json, at);
}

/**
 * The value of a member of a JSON object as it was written: `JSON.stringify` of the parsed value would round large
 * numbers and reorder keys. `json` must have passed `JSON.parse`, whose choice of the last of equal names this shares.
 */
export function memberText(json: string, name: string): string | undefined {
  let text: string | undefined;
  for (let i = skipSpace(json, json.indexOf('{') + 1); json.charCodeAt(i) === QUOTE; ) {
    const keyEnd = skipString(json, i);
    const key: unknown = JSON.parse(json.slice(i, keyEnd));
    const start = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const end = skipValue(json, start);
    if (key === name) text = json.slice(start, end);
    i = skipSpace(json, end);
    if (json.charCodeAt(i) === COMMA) i = skipSpace(json, i + 1);
  }
  return text;
}
