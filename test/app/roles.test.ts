import { describe, expect, it } from 'vitest';
import { checkApp } from '../../src/app/check.ts';
import { settleRoles } from '../../src/app/roles.ts';
import { inspectComponent } from '../../src/component/index.ts';
import { loadConfig } from '../../src/config/index.ts';
import { manyExportsGuest, syncGuest } from '../component/support/guests.ts';
import { manyBindings, parse } from '../config/fixtures.ts';

const LOCAL = 'url = "tcp://localhost"';
const app = (...bindings: string[]) => parse(manyBindings(bindings.map((keys) => `${LOCAL}\n${keys}`)));
const named = (...handlers: string[]) =>
  app(...handlers.map((handler, i) => `topic = "in/${i}"\non_message = ${JSON.stringify(handler)}`));
const inspect = async (bytes: Promise<Uint8Array>) => inspectComponent(await bytes, { source: 'guest.wasm' });

describe('"auto"', () => {
  it.each([
    'on_order',
    'on-order',
    'acme:shop/orders#on-order',
    'acme:shop/orders@1.2.0#on-order',
    'acme:shop/orders@1.4.0#on-order',
    // Of the world, which is another than the contract's handler.
    'on-message',
  ])('pushes where the component exports %s', async (handler) => {
    const { pushed, warnings } = settleRoles(named(handler), await inspect(manyExportsGuest()));
    expect(pushed).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['on_message', manyExportsGuest],
    ['on-message', syncGuest],
    ['acme:shop/orders@2.0.0#on-order', manyExportsGuest],
  ] as const)('pulls where it does not export %s', async (handler, guest) => {
    const { pushed, pulled, warnings } = settleRoles(named(handler), await inspect(guest()));
    expect([pushed, pulled]).toEqual([[], []]);
    expect(warnings).toEqual([expect.stringMatching(`does not export "${handler}" \\(its handlers: [a-z]`)]);
  });
});

it('names ten of the handlers that a component has, however many and long they are', async () => {
  const handlers = Array.from({ length: 1_000 }, (_, i) => `on_${'x'.repeat(1_000)}${i}`);
  const inspection = { ...(await inspect(syncGuest())), handlers };
  const [warning = ''] = settleRoles(named('on_order'), inspection).warnings;
  expect(warning).toContain('… and 990 more)');
  expect(warning.length).toBeLessThan(4_000);
});

it('names every binding whose handler cannot be called, with its line and what was found', async () => {
  const config = app(
    'topic = "a"\nname = "first"\non_message = "then"',
    'topic = "b"\non_message = "on_order"',
    'topic = "c"\ndelivery = "push"',
    'topic = "d"\non_message = "acme:shop/orders#count"',
  );
  const inspection = await inspect(manyExportsGuest());
  let message = '';
  try {
    settleRoles(config, inspection);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_COMPONENT_EXPORT' });
    message = String(error);
  }
  const faults = message.split('; /apps');
  expect(faults).toEqual([
    expect.stringMatching(
      /\/apps\/app\.toml:9: binding "first": the export "then" is no .* found func\(x: u32\) -> u32$/,
    ),
    expect.stringMatching(/^\/app\.toml:14: binding "b2": .* does not export the handler "on_message" .*; it exports /),
    expect.stringMatching(
      /^\/app\.toml:21: binding "b3": the export "acme:shop\/orders#count" .* found func\(\) -> u32$/,
    ),
  ]);
});

it('says where in an object a binding is whose handler cannot be called', async () => {
  const binding = { url: 'tcp://localhost', delivery: 'push' } as const;
  const config = await loadConfig({
    specversion: '0.2',
    name: 'app',
    capability: [
      {
        name: 'pubsub.mqtt',
        config: [
          { ...binding, topic: 'a' },
          { ...binding, topic: 'b', on_message: 'then' },
        ],
      },
    ],
  });
  const inspection = await inspect(manyExportsGuest());
  expect(() => settleRoles(config, inspection)).toThrow(
    /^config: capability\[0\]\.config\[0\]: binding "b0": .*; config: capability\[0\]\.config\[1\]\.on_message: binding "b1": /,
  );
});

describe('the routes that "host check" shows', () => {
  const routes = async (...bindings: string[]) => {
    const lines = await checkApp(app(...bindings), undefined);
    const start = lines.indexOf('routes') + 1;
    return lines.slice(start, lines.findIndex((line, i) => i >= start && line.includes('permission-denied')) + 1);
  };
  const through = (binding: string) => `-> binding "${binding}", tcp://localhost, qos 1, cloudevents`;

  it('are in the order in which they are tried, and say what is refused', async () => {
    const found = await routes('topic = "a"', 'topic = "b"', 'name = "out"\npublish = ["out/#", "$app/x"]');
    expect(found).toEqual([
      `  out/#, $app/x ${through('out')}`,
      `  every other topic that does not start with "$", while a message of "b1" is handled ${through('b1')}`,
      `  every other topic that does not start with "$" ${through('b0')}`,
      '  anything else -> permission-denied',
    ]);
  });

  it('are one where nothing is written, and none where nothing is granted', async () => {
    expect(await routes('topic = "a"')).toEqual([
      `  every topic that does not start with "$" ${through('b0')}`,
      '  anything else -> permission-denied',
    ]);
    expect(await routes('topic = "a"\npublish = []')).toEqual(['  anything -> permission-denied']);
  });
});
