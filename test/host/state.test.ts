import { describe, expect, it } from 'vitest';
import type { Journal } from '../../src/journal/index.ts';
import { readJournal } from '../../src/journal/index.ts';
import type { RememberedSession } from '../../src/journal.ts';
import { ARCHIVE, bury, ORDERS, outboxOf, Shop, unsent } from './shop.ts';

function session(journal: Journal, changes: Partial<RememberedSession> = {}): RememberedSession {
  return {
    clientId: `shop-orders-${journal.sessions.instance}`,
    binding: 'orders',
    kind: 'topic',
    broker: 'tcp://127.0.0.1:1',
    protocol: 5,
    qos: 2,
    filters: ['orders/#'],
    subscribed: ['orders/#'],
    inDoubt: false,
    ...changes,
  };
}

/** An app with a session, a dead letter, two unsent publishes to one broker and one parked there. */
async function stopped(): Promise<{ shop: Shop; instance: string }> {
  const shop = new Shop(ORDERS, ARCHIVE);
  const journal = await shop.open();
  await journal.sessions.save(session(journal));
  await bury(journal);
  const outbox = await outboxOf(shop, journal, 'archive');
  await unsent(outbox);
  await unsent(outbox);
  await outbox.park(await unsent(outbox), 'the connection was lost three times');
  await outboxOf(shop, journal, 'orders');
  await journal.close();
  return { shop, instance: journal.sessions.instance };
}

function size(shop: Shop) {
  const journal = readJournal(shop.stateDir);
  const { unsent, spilled, deadLetters } = journal.size();
  journal.close();
  return { unsent, spilled, deadLetters };
}

describe('host state show', () => {
  it('shows identity, size, sessions and what is held for whom', async () => {
    const { shop, instance } = await stopped();
    const { code, stdout, stderr } = await shop.run('state show');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replace(/size {6}\S+ \S+ of/, 'size      SIZE of')).toBe(`state of ${shop.file} in ${shop.stateDir}
  identity  ${instance}
  size      SIZE of 1 GiB (state_max): spilled messages, unsent publishes, dead letters

subscriber sessions
  "shop-orders-${instance}" at tcp://127.0.0.1:1: binding "orders", MQTT 5, qos 2
    topic: orders/#

publisher sessions
  "shop-archive-${instance}-pub" at tcp://127.0.0.1:2
  "shop-orders-${instance}-pub" at tcp://127.0.0.1:1

held
  binding "archive": 1 dead letter
  binding "orders": 1 dead letter
  publisher session "shop-archive-${instance}-pub" at tcp://127.0.0.1:2: 2 unsent publishes and 1 parked publish
`);
  });

  it('says what is gone from app.toml, and how to forget it', async () => {
    const { shop, instance } = await stopped();
    const journal = await shop.open();
    await journal.sessions.save(session(journal, { inDoubt: true, protocol: 4, clientId: 'old', binding: 'old' }));
    await journal.close();
    shop.write(ORDERS);
    const { stdout } = await shop.run('state show');
    expect(stdout).toMatch(
      / {2}"old" at tcp:\/\/127\.0\.0\.1:1: binding "old", MQTT 3\.1\.1, qos 2\n.*\n {4}gone from app\.toml: .*\n {4}in doubt: /,
    );
    expect(stdout).toContain(
      `publisher session "shop-archive-${instance}-pub" at tcp://127.0.0.1:2, gone from app.toml: 2 unsent publishes and 1 parked publish\n`,
    );
    expect(stdout).toContain('binding "archive", gone from app.toml: 1 dead letter\n');
    expect(stdout.match(/gone from app\.toml/g)?.length).toBe(5);
    expect(stdout).toContain(
      `\n"host state forget ${shop.file}" deletes what is held for what is gone from app.toml\n`,
    );
  });

  it('takes a session of the same client id at another broker for one that is gone', async () => {
    const shop = new Shop(ORDERS);
    const journal = await shop.open();
    await journal.sessions.save(session(journal));
    await journal.sessions.save(session(journal, { broker: 'tcp://broker.example:1883' }));
    const { sessions } = JSON.parse((await shop.run('state show', '--json')).stdout);
    expect(sessions.map(({ gone }: { gone: boolean }) => gone)).toEqual([false, true]);
    await journal.sessions.save(session(journal, { broker: 'mqtt://localhost:1' }));
    const respelt = JSON.parse((await shop.run('state show', '--json')).stdout).sessions;
    expect(respelt.map(({ gone }: { gone: boolean }) => gone)).toEqual([false, true, false]);
  });

  it('is one JSON document with stable names', async () => {
    const { shop, instance } = await stopped();
    shop.write(ORDERS);
    const { stdout } = await shop.run('state show', '--json');
    expect(stdout.match(/\n/g)?.length).toBe(1);
    // The key of a publisher session holds its certificate.
    expect(stdout).not.toContain('"key"');
    const { size: found, ...rest } = JSON.parse(stdout);
    expect(found).toMatchObject({ max: 2 ** 30, unsent: 2, spilled: 0, deadLetters: 2 });
    expect(found.bytes).toBeGreaterThan(0);
    expect(rest).toMatchObject({
      file: shop.file,
      stateDir: shop.stateDir,
      instance,
      sessions: [
        {
          clientId: `shop-orders-${instance}`,
          broker: 'tcp://127.0.0.1:1',
          binding: 'orders',
          kind: 'topic',
          protocol: '5',
          qos: 2,
          filters: ['orders/#'],
          subscribed: ['orders/#'],
          inDoubt: false,
          gone: false,
        },
      ],
      publishers: [
        { clientId: `shop-archive-${instance}-pub`, broker: 'tcp://127.0.0.1:2', inDoubt: false, gone: true },
        { clientId: `shop-orders-${instance}-pub`, broker: 'tcp://127.0.0.1:1', inDoubt: false, gone: false },
      ],
      holdings: [
        { kind: 'binding', name: 'archive', deadLetters: 1, gone: true },
        {
          kind: 'binding',
          name: 'orders',
          spilled: 0,
          markers: 0,
          attempts: 0,
          handled: 0,
          deadLetters: 1,
          gone: false,
        },
        { kind: 'publisher', name: `shop-archive-${instance}-pub`, unsent: 2, parked: 1, gone: true },
      ],
    });
  });
});

describe('host state forget', () => {
  it('has nothing to do while everything is in use', async () => {
    const { shop } = await stopped();
    expect(await shop.run('state forget')).toEqual({
      code: 0,
      stdout: '',
      stderr: `nothing is held for bindings or brokers that are gone from ${shop.file}\n`,
    });
    expect(size(shop)).toEqual({ unsent: 2, spilled: 0, deadLetters: 2 });
  });

  it('deletes what is held for what is gone, and says how much; what is in use stays', async () => {
    const { shop, instance } = await stopped();
    shop.write(ORDERS);
    const { code, stdout, stderr } = await shop.run('state forget');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      `publisher session "shop-archive-${instance}-pub" at tcp://127.0.0.1:2: deleted 2 unsent publishes and 1 parked publish\n`,
    );
    expect(stdout).not.toMatch(/orders/);
    expect(size(shop)).toEqual({ unsent: 0, spilled: 0, deadLetters: 1 });
    expect((await shop.run('state forget')).stderr).toMatch(/^nothing is held/);
  });

  it('refuses what is in use, saying how much would be lost, unless it is forced', async () => {
    const { shop } = await stopped();
    const refused = await shop.run('state forget', 'orders');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/still in use .*\n {2}binding "orders": 1 dead letter\n.*--force/);
    expect(size(shop).deadLetters).toBe(2);
    const forced = await shop.run('state forget', 'orders', '--force');
    expect(forced).toEqual({ code: 0, stdout: 'binding "orders": deleted 1 dead letter\n', stderr: '' });
    expect(size(shop)).toEqual({ unsent: 2, spilled: 0, deadLetters: 1 });
  });

  it('deletes messages of a binding that only publishes now', async () => {
    const shop = new Shop(ORDERS, ARCHIVE);
    const journal = await shop.open();
    await bury(journal);
    await journal.close();
    await shop.run('dlq replay', '1');
    shop.write(ORDERS.map((line) => line.replace('topic =', 'publish =').replace('"orders/#"', '["orders/#"]')));
    const { stdout } = await shop.run('state forget');
    expect(stdout).toBe('binding "orders": deleted 1 spilled message (not handled yet)\n');
    expect(size(shop)).toEqual({ unsent: 0, spilled: 0, deadLetters: 0 });
  });

  it('needs no force where nothing would be lost', async () => {
    const { shop, instance } = await stopped();
    const { code, stdout } = await shop.run('state forget', `shop-orders-${instance}-pub`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/nothing was held\n$/);
  });

  it('knows the names that there are', async () => {
    const { shop } = await stopped();
    const { code, stderr } = await shop.run('state forget', 'order');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /expected the name of a binding or the client id .*"archive".*"orders".*found "order"; did you mean "orders"\?/,
    );
  });

  it('never deletes the publishes of a session that is in use for those of a namesake that is gone', async () => {
    const { shop, instance } = await stopped();
    const moved = ARCHIVE.map((line) => line.replace(':2"', ':3"'));
    shop.write(ORDERS, moved);
    const journal = await shop.open();
    await unsent(await outboxOf(shop, journal, 'archive'));
    await journal.close();
    const { stdout } = await shop.run('state show');
    const session = `publisher session "shop-archive-${instance}-pub" at tcp://127.0.0.1`;
    expect(stdout).toContain(`${session}:2, gone from app.toml: 2 unsent publishes`);
    expect(stdout).toContain(`${session}:3: 1 unsent publish\n`);
    const byName = await shop.run('state forget', `shop-archive-${instance}-pub`);
    expect(byName).toMatchObject({ code: 2, stdout: '' });
    expect(byName.stderr).toContain(`\n  ${session}:3: 1 unsent publish\n`);
    expect(size(shop).unsent).toBe(3);
    const gone = await shop.run('state forget');
    expect(gone).toMatchObject({ code: 0, stdout: `${session}:2: deleted 2 unsent publishes and 1 parked publish\n` });
    expect(size(shop).unsent).toBe(1);
  });

  it('is refused while the app runs', async () => {
    const { shop } = await stopped();
    const journal = await shop.open();
    const { code, stdout, stderr } = await shop.run('state forget', 'orders', '--force');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(`host: the app that holds ${shop.stateDir} is running: stop it first; nothing was deleted\n`);
    expect(journal.deadLetters.list().length).toBe(2);
  });
});
