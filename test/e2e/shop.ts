import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGuest } from '../../src/app/build.ts';
import { tempDirectory } from '../support/temp.ts';

const WORLD = `package acme:shop@1.4.0;

interface orders {
  use wasi:pubsub/types@0.1.0.{event, error};
  on-order: func(message: event) -> result<_, error>;
  on-return: async func(message: event) -> result<_, error>;
  count: func() -> u32;
}

world shop {
  use wasi:pubsub/types@0.1.0.{event, error};
  include host:pubsub/push@0.1.0;
  export on-note: func(message: event) -> result<_, error>;
  export on-order: async func(message: event) -> result<_, error>;
  export on-count: func(count: u32) -> u32;
  export orders;
}
`;

const MAIN = `import { publish } from 'wasi:pubsub/data-basic@0.1.0';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

const send = (topic, text) => publish(topic, { id: '', source: '', type: 'shop', data: encoder.encode(text) });

/** Each line of a message is done in turn: "publish <topic> <text>", where the handler's name stands for "@", or an error. */
const obeying = (name) => (message) => {
  for (const line of decoder.decode(message.data).split('\\n')) {
    const [verb, topic = '', text = ''] = line.split(' ');
    if (verb === 'publish') send(topic.replace('@', name), text);
    else throw { tag: verb === 'reject' ? 'rejected' : 'other', val: name };
  }
};

const later = (handler) => async (message) => {
  await Promise.resolve();
  handler(message);
};

export const dataOnMessage = { onMessage: obeying('contract') };
export const onNote = obeying('world');
export const onOrder = later(obeying('world-async'));
export const onCount = (count) => count;
export const orders = { onOrder: obeying('interface'), onReturn: later(obeying('interface-async')), count: () => 0 };
`;

/** By what `on_message` calls it, the name that a handler of {@link buildShop} goes by. */
export const SHOP_HANDLERS: Readonly<Record<string, string>> = {
  on_message: 'contract',
  on_note: 'world',
  on_order: 'world-async',
  'acme:shop/orders#on-order': 'interface',
  'acme:shop/orders@1.2.0#on-return': 'interface-async',
};

/** Builds a component with handlers of each kind, and exports that are none; gone with the file that asked for it. */
export async function buildShop(): Promise<string> {
  const folder = tempDirectory('shop');
  mkdirSync(join(folder, 'wit'));
  writeFileSync(join(folder, 'wit', 'world.wit'), WORLD);
  writeFileSync(join(folder, 'main.js'), MAIN);
  const { path } = await buildGuest({ folder, out: join(folder, 'shop.wasm') });
  return path;
}
