import { expect, test } from 'vitest';
import { manyBindings, oneBinding, parse } from './fixtures.ts';

const BINDING = 'capability[0].config[0].';
const LATER = 'not acted on yet by this version';

test.each([
  ['transactional = true', [`${BINDING}transactional: parsed, but ${LATER}: publishes are confirmed one by one`]],
  [
    'qos = 2\ntransactional = true',
    [`${BINDING}transactional: parsed, but ${LATER}: publishes are confirmed one by one`],
  ],
  ['qos = 2', [`${BINDING}transactional: on by default at qos 2, but ${LATER}: publishes are confirmed one by one`]],
  ['qos = 2\ntransactional = false', []],
  ['dedup = "10m"', [`${BINDING}dedup: parsed, but ${LATER}`]],
  ['dead_letter = "dead"', [`${BINDING}dead_letter: parsed, but ${LATER}: dead letters are kept in the journal only`]],
  ['on_stop = "leave"', [`${BINDING}on_stop = "leave": parsed, but ${LATER}`]],
  ['on_stop = "keep"', []],
  ['receive_timeout = "5s"', [`${BINDING}receive_timeout: parsed, but ${LATER}`]],
])('%j', (keys, warnings) => {
  expect(parse(oneBinding(keys)).warnings).toEqual(warnings);
});

test.each([
  ['state_max = "1GiB"', [`state_max: parsed, but ${LATER}`]],
  ['durability = "process"', []],
  ['dead_letter_keep = "1d"', []],
  ['[guest]\nworkers = 2', [`guest.workers: parsed, but ${LATER}: one worker runs`]],
  ['[guest]\nworkers = 1', []],
  ['[telemetry]\nhttp = "127.0.0.1:9464"', [`telemetry.http: parsed, but ${LATER}`]],
])('%j at the top', (keys, warnings) => {
  expect(parse(oneBinding('', keys)).warnings).toEqual(warnings);
});

test('each binding for itself', () => {
  const binding = (topic: string) => `url = "tcp://localhost"\ntopic = "${topic}"\ndedup = "1m"`;
  expect(parse(manyBindings([binding('a'), binding('b')])).warnings).toEqual([
    `capability[0].config[0].dedup: parsed, but ${LATER}`,
    `capability[0].config[1].dedup: parsed, but ${LATER}`,
  ]);
});
