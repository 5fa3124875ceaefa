const encoder = new TextEncoder();

/** Half of a SHA-256 is more than enough for two values never to share a pseudonym. */
const BYTES = 16;

/** Replaces fields by keyed hashes: the same value always by the same, and not to be guessed without the key. */
export class Pseudonyms {
  #key;
  #fields;

  constructor(secret, fields) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    this.#key = crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign']);
    this.#fields = new Set(fields);
  }

  /** Changes `data`, an object or list, in place, and returns it. */
  async replaceIn(data) {
    for (const [object, name] of this.#membersOf(data)) object[name] = await this.#pseudonym(object[name]);
    return data;
  }

  /** The members to be replaced, at any depth, each as its object and its name. */
  #membersOf(data) {
    const found = [];
    const open = [data];
    for (let next = open.pop(); next !== undefined; next = open.pop())
      for (const [name, value] of Object.entries(next)) {
        if (value === null) continue;
        if (this.#fields.has(name)) found.push([next, name]);
        else if (typeof value === 'object') open.push(value);
      }
    return found;
  }

  async #pseudonym(value) {
    const mac = await crypto.subtle.sign('HMAC', await this.#key, encoder.encode(JSON.stringify(value)));
    return Array.from(new Uint8Array(mac, 0, BYTES), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}
