import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildGuest } from '../../../src/app/build.ts';
import { tempDirectory } from '../temp.ts';

/** Two interfaces of the guest's own package. */
const WORLD = `package acme:shop@1.2.0;

/// Looked up by the program that embeds the host.
interface prices {
  record price { cents: u64, currency: string, tags: list<string>, note: option<string> }
  variant problem { unknown-item(string), closed }
  look-up: func(item: string, at: option<u32>) -> result<price, problem>;
  count-items: func() -> u32;
}

interface hash {
  digest: func(data: list<u8>) -> list<u8>;
  parse-hex: func(text: string) -> result<list<u8>, string>;
}

world shop {
  include host:pubsub/push@0.1.0;
  import prices;
  import hash;
}
`;

/** Does what the message says, and publishes what it got on `out`. Counts its calls, so that a new instance shows. */
const MAIN = `import { digest, parseHex } from 'acme:shop/hash@1.2.0';
import { countItems, lookUp } from 'acme:shop/prices@1.2.0';
import { publish } from 'wasi:pubsub/data-basic@0.1.0';
import type { Event } from 'wasi:pubsub/types@0.1.0';

let calls = 0;

const commands: Record<string, (text: string) => string> = {
  price: (item) => {
    try {
      const { cents, currency, tags, note } = lookUp(item, 7);
      return \`\${cents} \${currency} \${tags.join('+')} \${note ?? 'no note'}\`;
    } catch (error) {
      return \`problem \${JSON.stringify((error as { payload: unknown }).payload)}\`;
    }
  },
  count: () => String(countItems()),
  digest: (text) => digest(new TextEncoder().encode(text)).join(','),
  hex: (text) => {
    try {
      return parseHex(text).join(',');
    } catch (error) {
      return \`problem \${JSON.stringify((error as { payload: unknown }).payload)}\`;
    }
  },
  calls: () => String(calls),
};

function onMessage(message: Event): void {
  calls++;
  const [command = '', ...words] = new TextDecoder().decode(message.data).split(' ');
  const text = commands[command]?.(words.join(' ')) ?? 'no such command';
  publish('out', { id: '', source: '', type: 'acme.out', data: new TextEncoder().encode(text) });
}

export const dataOnMessage = { onMessage };
`;

/** Path of a guest in TypeScript that imports `acme:shop/prices` and `acme:shop/hash`; to be built once a file. */
export async function buildAcmeGuest(): Promise<string> {
  const folder = join(tempDirectory('guest'), 'shop');
  for (const [path, text] of [
    ['wit/world.wit', WORLD],
    ['src/main.ts', MAIN],
  ] as const) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return (await buildGuest({ folder })).path;
}
