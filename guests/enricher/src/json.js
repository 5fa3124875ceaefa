const decoder = new TextDecoder('utf-8', { fatal: true });

/** What makes a message a dead letter at once: it would not get better by trying again. */
export function rejected(why) {
  return { tag: 'rejected', val: why };
}

/** JSON in JSON in JSON, some 8,000 times, overflows the stack: the instance would be replaced, and its table lost. */
const MAX_BYTES = 4_096;

/** @throws rejected where the bytes are not the JSON of an object */
export function parseObject(data) {
  if (data.length > MAX_BYTES) throw rejected(`the data has ${data.length} bytes, at most ${MAX_BYTES} are taken`);
  let value;
  try {
    value = JSON.parse(decoder.decode(data));
  } catch (error) {
    throw rejected(`the data is not JSON: ${error.message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw rejected('the data is JSON, but not an object');
}
