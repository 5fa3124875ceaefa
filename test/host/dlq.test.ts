import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJournal } from '../../src/journal/index.ts';
import { atEnd } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { command } from './command.ts';
import { bytes, message } from './samples.ts';
import { ARCHIVE, bury, ORDERS, outboxOf, Shop, unsent } from './shop.ts';

const DIED = '2026-01-02T03:05:00.000Z';

function view(shop: Shop) {
  const journal = readJournal(shop.stateDir);
  atEnd(() => journal.close());
  return journal;
}

/** Three dead messages, two of them of one binding, and an app that is stopped. */
async function stopped(): Promise<Shop> {
  const shop = new Shop(ORDERS, ARCHIVE);
  const journal = await shop.open();
  await bury(journal);
  await bury(journal, { binding: 'gone', topic: 'other/1', error: 'first line\nsecond line' });
  await bury(journal, { topic: 'orders/18', attempts: 1 });
  await journal.close();
  return shop;
}

describe('host dlq list', () => {
  it('has a line for each dead letter, oldest first', async () => {
    const { code, stdout, stderr } = await (await stopped()).run('dlq list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`ID  DIED                      BINDING  KIND     TOPIC      ATTEMPTS  ERROR
1   ${DIED}  orders   message  orders/17  8         rejected: no such article
2   ${DIED}  gone     message  other/1    8         first line\\nsecond line
3   ${DIED}  orders   message  orders/18  1         rejected: no such article
`);
  });

  it('is cut to the width of a terminal', async () => {
    const { stdout } = await command(['dlq', 'list', (await stopped()).file], 84);
    const lines = stdout.trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBe(84);
    expect(lines[1]).toMatch(/ {2}8 {9}reje.*…$/);
  });

  it('shows those of one binding, of one that is gone too', async () => {
    const shop = await stopped();
    const ids = async (binding: string) =>
      (await shop.run('dlq list', '--json', '--binding', binding)).stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).id);
    expect([await ids('orders'), await ids('gone'), await ids('archive')]).toEqual([[1, 3], [2], []]);
    expect(await shop.run('dlq list', '--binding', 'archive')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'no dead letters of binding "archive"\n',
    });
    const typo = await shop.run('dlq list', '--binding', 'order');
    expect(typo.code).toBe(2);
    expect(typo.stderr).toMatch(/expected "orders" or "archive" of .*found "order"; did you mean "orders"\?/);
  });

  it('says that there are none on standard error, with exit code 0', async () => {
    const shop = new Shop(ORDERS);
    await (await shop.open()).close();
    expect(await shop.run('dlq list')).toEqual({ code: 0, stdout: '', stderr: 'no dead letters\n' });
    expect(await shop.run('dlq list', '--json')).toEqual({ code: 0, stdout: '', stderr: 'no dead letters\n' });
    for (const verb of ['replay', 'purge']) {
      expect(await shop.run(`dlq ${verb}`, '--all')).toEqual({ code: 0, stdout: '', stderr: 'no dead letters\n' });
    }
  });

  it('works with --state-dir, and names it where there is no journal', async () => {
    const shop = await stopped();
    const elsewhere = join(shop.directory, 'elsewhere.toml');
    writeFileSync(
      elsewhere,
      'specversion = "0.2"\n[[capability]]\nname = "pubsub.mqtt"\n[[capability.config]]\nurl = "tcp://127.0.0.1:1"\ntopic = "a"\n',
    );
    const missing = await command(['dlq', 'list', elsewhere]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/there is no journal in .*--state-dir DIR/);
    const found = await command(['dlq', 'list', elsewhere, '--state-dir', shop.stateDir]);
    expect(found.stdout.split('\n').length).toBe(5);
    expect((await command(['dlq', 'list', join(shop.directory, 'nowhere.toml')])).code).toBe(2);
  });
});

describe('host dlq show', () => {
  it('shows some, in the order asked for, and names those that there are none of', async () => {
    const shop = await stopped();
    const { code, stdout, stderr } = await shop.run('dlq show', '3', '9', '1', '8');
    expect(code).toBe(1);
    expect(stdout.match(/^dead letter \d+/gm)).toEqual(['dead letter 3', 'dead letter 1']);
    expect(stdout).toMatch(/\n\ndead letter 1:/);
    expect(stderr).toBe(
      `host: not found: dead letters 9 and 8; "host dlq list ${shop.file}" shows those that there are\n`,
    );
  });

  it('has the same document as the list as JSON', async () => {
    const shop = await stopped();
    const shown = await shop.run('dlq show', '1', '2', '3', '--json');
    expect(shown.stdout).toBe((await shop.run('dlq list', '--json')).stdout);
    expect(JSON.parse(shown.stdout.split('\n')[1] ?? '')).toMatchObject({ id: 2, error: 'first line\nsecond line' });
  });

  it('writes the data alone, byte for byte', async () => {
    const shop = new Shop(ORDERS);
    const journal = await shop.open();
    const data = bytes('größer\r\n\u001b[2J');
    await bury(journal, { event: { ...message().event, data } });
    expect((await shop.run('dlq show', '1', '--data')).stdout).toBe('größer\r\n\u001b[2J');
    const terminal = await command(['dlq', 'show', shop.file, '1', '--data'], 80);
    expect(terminal).toMatchObject({ code: 2, stdout: '' });
    expect(terminal.stderr).toMatch(/not printable text, and standard output is a terminal/);
    for (const [args, expected] of [
      [['1', '2', '--data'], /--data: expected the number of one dead letter, found 2/],
      [['1', '--data', '--json'], /exclude each other/],
    ] as const) {
      const refused = await shop.run('dlq show', ...args);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(expected);
    }
  });
});

describe('host dlq replay', () => {
  it('gives messages back to their binding on a stopped app', async () => {
    const shop = await stopped();
    expect(await shop.run('dlq replay', '3', '1')).toEqual({
      code: 0,
      stdout:
        'dead letter 3 goes to binding "orders" again when the app starts\n' +
        'dead letter 1 goes to binding "orders" again when the app starts\n',
      stderr: '',
    });
    expect(
      view(shop)
        .deadLetters()
        .map(({ id }) => id),
    ).toEqual([2]);
    const journal = await shop.open();
    const inbox = journal.inbox('orders', { clientId: 'shop-orders', broker: 'tcp://127.0.0.1:1' });
    expect(inbox.spilled(0, 10).map(({ topic, attempts }) => ({ topic, attempts }))).toEqual([
      { topic: 'orders/18', attempts: 0 },
      { topic: 'orders/17', attempts: 0 },
    ]);
  });

  it('leaves it to the running app, and says so', async () => {
    const shop = new Shop(ORDERS);
    const journal = await shop.open();
    const inbox = journal.inbox('orders', { clientId: 'shop-orders', broker: 'tcp://127.0.0.1:1' });
    await bury(journal);
    const replayed = await shop.run('dlq replay', '1');
    expect(replayed.stdout).toBe('dead letter 1 is queued: the running app hands it to binding "orders" again\n');
    await eventually(() => inbox.spilledCount === 1);
    expect(view(shop).deadLetters()).toEqual([]);
  });

  it('does the rest where some are unknown or have nowhere to go, and ends with 1', async () => {
    const shop = await stopped();
    const { code, stdout, stderr } = await shop.run('dlq replay', '1', '2', '77');
    expect(code).toBe(1);
    expect(stdout).toBe('dead letter 1 goes to binding "orders" again when the app starts\n');
    expect(stderr).toBe(
      `host: dead letter 2 cannot be replayed: binding "gone" is gone from ${shop.file} (bindings that subscribe there: "orders"); ` +
        `put that back, or delete it with "host dlq purge ${shop.file} 2"\n` +
        `host: not found: dead letter 77; "host dlq list ${shop.file}" shows those that there are\n`,
    );
    expect(
      view(shop)
        .deadLetters()
        .map(({ id }) => id),
    ).toEqual([2, 3]);
  });

  it('lets nothing in a letter drive the terminal', async () => {
    const shop = new Shop(ORDERS);
    await bury(await shop.open(), { binding: 'x\u001b[2J\nhost: all is well' });
    const { stderr } = await shop.run('dlq replay', '1');
    expect(stderr).toMatch(
      /^host: dead letter 1 cannot be replayed: binding "x\\u\{1b\}\[2J\\nhost: all is well" is gone/,
    );
    expect(stderr.match(/\n/g)?.length).toBe(1);
  });

  it('says that a binding only publishes now', async () => {
    const shop = await stopped();
    shop.write(['name = "orders"', 'url = "tcp://127.0.0.1:1"', 'publish = ["a"]']);
    const { code, stdout, stderr } = await shop.run('dlq replay', '1', '3');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /dead letters 1 and 3 cannot be replayed: binding "orders" of .* only publishes now \(no binding there subscribes\)/,
    );
  });

  it('replays all, or all of one binding', async () => {
    const shop = await stopped();
    const some = await shop.run('dlq replay', '--all', '--binding', 'orders');
    expect(some.code).toBe(0);
    expect(some.stdout.match(/^dead letter \d/gm)).toEqual(['dead letter 1', 'dead letter 3']);
    const rest = await shop.run('dlq replay', '--all');
    expect(rest).toMatchObject({ code: 1, stdout: '' });
    expect(rest.stderr).toMatch(/^host: dead letter 2 cannot be replayed/);
  });

  it('knows an unnamed binding by the name that its app gave it', async () => {
    const shop = new Shop(ORDERS.slice(1), ARCHIVE);
    const journal = await shop.open();
    await journal.sessions.save({
      clientId: `shop-b0-${journal.sessions.instance}`,
      binding: 'b0',
      kind: 'topic',
      broker: 'tcp://127.0.0.1:1',
      protocol: 5,
      qos: 2,
      filters: ['orders/#'],
      subscribed: ['orders/#'],
      inDoubt: false,
    });
    await bury(journal, { binding: 'b0' });
    await journal.close();
    shop.write(ARCHIVE, ORDERS.slice(1));
    const replayed = await shop.run('dlq replay', '1');
    expect(replayed.stdout).toBe('dead letter 1 goes to binding "b0" again when the app starts\n');
  });

  it('knows the publisher session of a publish, also where it holds nothing else', async () => {
    const shop = new Shop(ORDERS, ARCHIVE);
    const journal = await shop.open();
    const outbox = await outboxOf(shop, journal, 'archive');
    await outbox.refuse(await unsent(outbox), 'not authorized (0x87)');
    const replayed = await shop.run('dlq replay', '1');
    expect(replayed).toMatchObject({ code: 0, stderr: '' });
    expect(replayed.stdout).toMatch(
      /^dead letter 1 is queued: the running app sends it through publisher session "shop-/,
    );
    await eventually(() => outbox.size === 1);
  });

  it('sends publishes again through their publisher session, with a caution where one was parked', async () => {
    const shop = new Shop(ORDERS, ARCHIVE);
    const journal = await shop.open();
    const outbox = await outboxOf(shop, journal, 'archive');
    await outbox.refuse(await unsent(outbox), 'not authorized (0x87)');
    await outbox.park(await unsent(outbox), 'the connection was lost three times');
    await outbox.park(await unsent(outbox, { qos: 1 }), 'the connection was lost three times');
    await journal.close();
    const list = await shop.run('dlq list');
    expect(list.stdout).toMatch(/^1 .* publish +archive\/17 .*0x87/m);
    expect(list.stdout).toMatch(/^2 .* publish, parked +archive\/17 /m);
    const { code, stdout } = await shop.run('dlq replay', '--all');
    const session = `shop-archive-${journal.sessions.instance}-pub`;
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toBe(
      `dead letter 1 goes through publisher session "${session}" again when the app starts`,
    );
    expect(stdout.split('\n')[1]).toMatch(
      /^dead letter 2 goes through .*may have been delivered before, and is sent with DUP under its old packet id/,
    );
    expect(stdout.split('\n')[2]).toMatch(/^dead letter 3 goes .* is sent with DUP, so it may arrive twice$/);
    expect((await outboxOf(shop, await shop.open(), 'archive')).size).toBe(3);
  });

  it('keeps a publish whose broker is gone from app.toml', async () => {
    const shop = new Shop(ORDERS, ARCHIVE);
    const journal = await shop.open();
    const outbox = await outboxOf(shop, journal, 'archive');
    await outbox.refuse(await unsent(outbox), 'not authorized (0x87)');
    await journal.close();
    shop.write(ORDERS);
    const { code, stdout, stderr } = await shop.run('dlq replay', '1');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /dead letter 1 cannot be replayed: no binding of .* has publisher session "shop-archive-.*-pub"/,
    );
    expect(view(shop).deadLetters().length).toBe(1);
  });
});

describe('host dlq purge', () => {
  it('deletes on a stopped app', async () => {
    const shop = await stopped();
    const { code, stdout, stderr } = await shop.run('dlq purge', '2', '5', '1');
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'dead letter 2 is deleted\ndead letter 1 is deleted\n' });
    expect(stderr).toMatch(/not found: dead letter 5;/);
    expect(
      view(shop)
        .deadLetters()
        .map(({ id }) => id),
    ).toEqual([3]);
    expect((await shop.run('dlq purge', '--all')).stdout).toBe('dead letter 3 is deleted\n');
    expect(view(shop).deadLetters()).toEqual([]);
  });

  it('leaves it to the running app', async () => {
    const shop = new Shop(ORDERS);
    const journal = await shop.open();
    await bury(journal);
    await bury(journal, { binding: 'gone' });
    const purged = await shop.run('dlq purge', '--all', '--binding', 'gone');
    expect(purged).toEqual({ code: 0, stdout: 'dead letter 2 is deleted by the running app\n', stderr: '' });
    await eventually(
      () =>
        journal.deadLetters
          .list()
          .map(({ id }) => id)
          .join() === '1',
    );
  });
});
