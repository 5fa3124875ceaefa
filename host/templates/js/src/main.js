import { publish } from 'wasi:pubsub/data-basic@0.1.0';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Called once for each message. Returning settles it; throwing `rejected` makes it a dead letter; anything else that is
 * thrown means "again, later". Not async: what is imported waits by itself.
 */
function onMessage(message) {
  const name = decoder.decode(message.data).trim();
  if (name === '') throw rejected('nobody to greet');
  publish('{{name}}/greetings', {
    // The same message always makes the same greeting, so that a repeated one can be told.
    id: `${message.id}-greeting`,
    // Empty: the host fills in the app's name.
    source: '',
    type: 'com.example.greeting',
    data: encoder.encode(`Hello, ${name}!`),
  });
  console.log(`greeted ${name}`);
}

function rejected(why) {
  return { tag: 'rejected', val: why };
}

export const dataOnMessage = { onMessage };
