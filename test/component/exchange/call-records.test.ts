import { expect, test } from 'vitest';
import { type CallRecord, CallRecords, RECORDS_BYTES } from '../../../src/component/exchange/call-records.ts';
import { CELLS } from '../../../src/component/exchange/cells.ts';
import { textOfId } from '../../../src/events/index.ts';

const names = {
  handlers: ['a', 'b'].map((name) => ({ interface: undefined, function: name })),
  bindings: ['b0', 'b1', 'b2'],
};

/** Both sides of the records of one worker, which do not lie at the start of their buffer. */
function bothSides() {
  const buffer = new SharedArrayBuffer(8 + RECORDS_BYTES);
  return { main: new CallRecords(buffer, 8), worker: new CallRecords(buffer, 8) };
}

function call(event: Partial<CallRecord['event']> = {}): CallRecord {
  const whole = { id: 'id', source: '/s', type: 't', data: new Uint8Array([1, 2, 3]), ...event };
  return { id: 2 ** 40, instance: 3, chain: 2 ** 33, handler: 1, binding: 2, attributeBytes: 77, event: whole };
}

test.each([
  ['ASCII', {}],
  ['any text', { id: 'ä', source: '/€', type: '😀𐍈' }],
  ['no text and no data', { id: '', source: '', type: '', data: new Uint8Array() }],
  ['a view', { data: Buffer.from('what came from the network').subarray(5, 9) }],
])('a call is read as it was written: %s', (_, event) => {
  const { main, worker } = bothSides();
  const written = call(event);
  expect(main.write(CELLS - 1, written)).toBe(true);
  const { message, ...rest } = worker.read(CELLS - 1, names);
  const { data, ...text } = written.event;
  expect(rest).toEqual({
    ...{ id: 2 ** 40, cell: CELLS - 1, instance: 3, chain: 2 ** 33, attributeBytes: 77 },
    ...{ handler: names.handlers[1], binding: 'b2' },
  });
  expect({ ...message?.event, data: [...(message?.event.data ?? [])] }).toEqual({ ...text, data: [...data] });
});

test('calls of all cells are there side by side, and each is replaced by the next of its cell', () => {
  const { main, worker } = bothSides();
  for (const round of [1, 2, 2]) {
    const data = (cell: number) => new Uint8Array(cell * round).fill(cell + round);
    for (let cell = 0; cell < CELLS; cell++)
      expect(main.write(cell, call({ id: `${round}-${cell}`, data: data(cell) }))).toBe(true);
    for (let cell = 0; cell < CELLS; cell++) {
      const event = worker.read(cell, names).message?.event;
      expect([event?.id, [...(event?.data ?? [])]]).toEqual([`${round}-${cell}`, [...data(cell)]]);
    }
  }
});

test.each([648, 649, 8_255])('%i bytes of text and data are read as they were written', (size) => {
  const { main, worker } = bothSides();
  const data = Uint8Array.from({ length: size - 'id/st'.length }, (_, at) => at);
  for (const id of ['id', 'é']) {
    expect(main.write(5, call({ id, data }))).toBe(true);
    expect(main.write(6, call({ data: new Uint8Array(100) }))).toBe(true);
    const event = worker.read(5, names).message?.event;
    expect([event?.id, event?.source, event?.type, event?.data]).toEqual([id, '/s', 't', data]);
  }
});

test('what fits to the last byte is taken, and a byte more is not', () => {
  const { main, worker } = bothSides();
  const room = 8256 - 'id/st'.length;
  const full = new Uint8Array(room).fill(9);
  expect(main.write(5, call({ data: full }))).toBe(true);
  expect(worker.read(5, names).message?.event.data).toEqual(full);
  for (const event of [
    { data: new Uint8Array(room + 1) },
    { data: new Uint8Array(1e6) },
    { id: 'x'.repeat(8256) },
    // More bytes than characters.
    { id: '€'.repeat(8256 / 3) },
    { type: 'é', data: new Uint8Array(room) },
  ])
    expect(bothSides().main.write(6, call(event))).toBe(false);
});

/** What a worker reads of events that are written one after another. */
function texts(events: readonly Partial<CallRecord['event']>[], counted: CallRecord['counted'][] = []) {
  const { main, worker } = bothSides();
  return events.map((event, index) => {
    const cell = index % CELLS;
    expect(main.write(cell, { ...call(event), counted: counted[index] })).toBe(true);
    const { id, source, type } = worker.read(cell, names).message?.event ?? {};
    return [id, source, type];
  });
}

test('texts that come again are what they were, however many there are', () => {
  const events = Array.from({ length: 6_000 }, (_, at) => ({
    id: `${at}`,
    source: `/s/${at % 1_500}`,
    type: ['t', `t${at % 3}`, '/s/1', 'ü'][at % 4] ?? '',
  }));
  expect(texts(events)).toEqual(events.map(({ id, source, type }) => [id, source, type]));
});

test('one text may be both, be long, be empty, and be none that UTF-8 can hold', () => {
  const odd = ['x', 'y'.repeat(128), 'z'.repeat(129), '', 'ä€😀', '\ud800', '\ufffd', '\ud800', '\ufffd'];
  const events = [...odd, ...odd].map((text) => ({ id: text, source: text, type: text }));
  expect(texts(events)).toEqual(events.map(({ id }) => [id, id, id].map((text) => text.toWellFormed())));
});

test('an id that is counted is the text that it was, also behind others', () => {
  const head = '01234567-89ab-4def-8123-456789abc';
  const ids = [
    { head, count: 0 },
    { head, count: 4095 },
    undefined,
    { head, count: 17 },
    { head: `${head.slice(1)}x`, count: 18 },
    { head, count: 19 },
  ];
  const events = ids.map((id) => ({ id: id === undefined ? 'other' : textOfId(id) }));
  expect(texts(events, ids).map(([id]) => id)).toEqual(events.map(({ id }) => id));
  expect(events[1]?.id).toBe(`${head}fff`);
});

test('what was not written is not known either', () => {
  const { main, worker } = bothSides();
  const counted = { head: 'head', count: 1 };
  const fresh = { id: textOfId(counted), source: '/fresh', type: 'fresh' };
  expect(main.write(0, { ...call({ ...fresh, data: new Uint8Array(9_000) }), counted })).toBe(false);
  expect(main.write(0, { ...call(fresh), counted })).toBe(true);
  expect(worker.read(0, names).message?.event).toMatchObject(fresh);
});
