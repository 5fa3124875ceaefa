import type { Event } from 'wasi:pubsub/types@0.1.0';
import { commands } from './commands.ts';

const decoder = new TextDecoder();

/** The payload is a command and its words, for example `publish out/x 3`. */
function obey(message: Event): void {
  const [name = '', ...words] = decoder.decode(message.data).trim().split(/\s+/);
  const command = commands[name];
  if (command === undefined) throw { tag: 'rejected', val: `"${name}" is no command` };
  command(words, message);
}

export const dataOnMessage = { onMessage: obey };

/** The handler for `on_message = "on_order"`. */
export function onOrder(message: Event): void {
  console.log('on-order');
  obey(message);
}
