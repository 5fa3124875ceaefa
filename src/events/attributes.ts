/** The rules of CloudEvents 1.0 for context attributes, and of MQTT for the strings that carry them. */

/** Longest UTF-8 string of an MQTT packet, in bytes [MQTT 5, 1.5.4]. */
const MAX_STRING = 65_535;
const NAME = /^[a-z0-9]+$/;
/** Not allowed in a CloudEvents String (1.0.2, 3.4.1); a broker may close the connection on them [MQTT 5, 1.5.4]. */
const DISALLOWED = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** Texts that most are, in which nothing has to be looked for. */
const PLAIN = /^[ -~]{0,256}$/;

/** The attributes that CloudEvents 1.0.2 defines (3.1), and `data`, which no attribute may be called. */
const DEFINED: ReadonlySet<string> = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'datacontenttype',
  'dataschema',
  'subject',
  'time',
  'data',
]);

/** Whether CloudEvents itself gives the name a meaning. */
export function isDefinedName(name: string): boolean {
  return DEFINED.has(name);
}

/** Whether an attribute may have the name: lower-case ASCII letters and digits, but not `data` (1.0.2, 3.1). */
export function isAttributeName(name: string): boolean {
  return name !== 'data' && NAME.test(name);
}

/** Whether the text may be the value of an attribute. */
export function isAttributeText(text: string): boolean {
  return !DISALLOWED.test(text);
}

/** Texts that may be values, of each length up to that: what is no id comes again and again, as the same string. */
const KNOWN_LENGTH = 64;
const known: string[] = new Array(KNOWN_LENGTH).fill('');

/** {@link isAttributeText} for texts of which there are few. */
export function isKnownAttributeText(text: string): boolean {
  const { length } = text;
  if (length >= KNOWN_LENGTH) return isAttributeText(text);
  if (known[length] === text) return true;
  if (!isAttributeText(text)) return false;
  known[length] = text;
  return true;
}

/** Why `text` cannot be an MQTT string that every broker takes, or undefined when it can be one. */
export function textFault(text: string): string | undefined {
  if (PLAIN.test(text)) return undefined;
  if (DISALLOWED.test(text)) return 'must not contain control characters or characters that Unicode forbids';
  // A UTF-16 unit has at most three bytes, so short strings need no counting.
  if (text.length > MAX_STRING / 3 && Buffer.byteLength(text) > MAX_STRING)
    return `must not be longer than ${MAX_STRING} bytes`;
  return undefined;
}
