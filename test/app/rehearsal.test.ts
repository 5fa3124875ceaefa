import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { openRehearsal } from '../../src/app/rehearsal.ts';
import { manyExportsGuest } from '../component/support/guests.ts';
import { manyBindings, parse } from '../config/fixtures.ts';
import { tempDirectory } from '../support/temp.ts';

let folder: string;
let path: string;

beforeAll(async () => {
  folder = tempDirectory('rehearsal');
  path = join(folder, 'guest.wasm');
  writeFileSync(path, await manyExportsGuest());
});

const app = (handler: string) =>
  parse(
    manyBindings(
      ['on_order', handler].map((name, i) => `url = "tcp://localhost"\ntopic = "in/${i}"\non_message = "${name}"`),
      `cache_dir = ${JSON.stringify(folder)}`,
    ),
  );

it('asks for an app where several handlers could be meant', async () => {
  await expect(openRehearsal(path)).rejects.toMatchObject({
    code: 'ERR_USAGE_FIXTURE',
    message: expect.stringMatching(/has the handlers .*on_order.*: give --app app\.toml/),
  });
});

it('calls the handler of the binding that a topic goes to', async () => {
  const rehearsal = await openRehearsal(path, app('acme:shop/orders#on-order'));
  const guest = await rehearsal.guest();
  const message = { qos: 1, retained: false, attempt: 1, properties: { userProperties: [] } } as const;
  const content = { event: { id: 'i', source: 's', type: 'reject', data: new Uint8Array() } };
  for (const topic of ['in/0', 'in/1'])
    expect(await guest.handle({ ...message, topic, content })).toMatchObject({ result: 'rejected: bad' });
  await expect(guest.handle({ ...message, topic: 'in/2', content })).rejects.toThrow('no push binding');
  await guest.close();
});

it('refuses an app whose handler is none, as a start would', async () => {
  await expect(openRehearsal(path, app('then'))).rejects.toThrow(
    /app\.toml:\d+: binding "b1": .* found func\(x: u32\) -> u32$/,
  );
});
