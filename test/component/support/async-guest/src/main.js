import { publish, stream } from 'wasi:pubsub/data-basic@0.1.0';

let counted = 0;
let running = 0;
let most = 0;

function note(message, topic, data) {
  publish(topic, { id: message.id, source: '', type: 'note', data: new TextEncoder().encode(data) });
}

function loop() {
  for (;;);
}

/** What a handler does by the type of its event. */
const steps = {
  ok: async () => {
    await Promise.resolve();
  },
  err: async () => {
    await Promise.resolve();
    throw { tag: 'other', val: 'told to fail' };
  },
  rejected: () => {
    throw { tag: 'rejected', val: 'told to reject' };
  },
  throw: async () => {
    await Promise.resolve();
    throw new Error('told to throw');
  },
  loop,
  never: () => new Promise(() => {}),
  count: (message) => note(message, 'count', String(counted++)),
  publish: async (message) => {
    note(message, 'one', '1');
    await Promise.resolve();
    note(message, 'two', '2');
  },
  most: (message) => note(message, 'most', String(most)),
  'publish-then-loop': async (message) => {
    note(message, 'one', '1');
    await Promise.resolve();
    loop();
  },
  read: async (message) => {
    for await (const read of stream('work')) {
      note(message, 'read', read.id);
      return;
    }
  },
  'read-then-loop': async () => {
    for await (const _ of stream('work')) loop();
  },
};

async function perform(message) {
  most = Math.max(most, ++running);
  try {
    await steps[message.type]?.(message);
  } finally {
    running--;
  }
}

export const onOrder = perform;
export const orders = { onOrder: perform };
