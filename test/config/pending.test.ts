import { expect, test } from 'vitest';
import { manyBindings, oneBinding, parse } from './fixtures.ts';

const BINDING = 'capability[0].config[0].';
const LATER = 'not acted on yet by this version';

test.each([
  ['qos = 2', []],
  ['dedup = "10m"', []],
  ['receive_timeout = "5s"', [`${BINDING}receive_timeout: parsed, but ${LATER}`]],
])('%j', (keys, warnings) => {
  expect(parse(oneBinding(keys)).warnings).toEqual(warnings);
});

test.each([
  ['state_max = "1GiB"', []],
  ['[guest]\nworkers = 2', [`guest.workers: parsed, but ${LATER}: one worker runs`]],
  ['[guest]\nworkers = 1', []],
])('%j at the top', (keys, warnings) => {
  expect(parse(oneBinding('', keys)).warnings).toEqual(warnings);
});

test('each binding for itself', () => {
  const binding = (topic: string) => `url = "tcp://localhost"\ntopic = "${topic}"\nreceive_timeout = "1m"`;
  expect(parse(manyBindings([binding('a'), binding('b')])).warnings).toEqual([
    `capability[0].config[0].receive_timeout: parsed, but ${LATER}`,
    `capability[0].config[1].receive_timeout: parsed, but ${LATER}`,
  ]);
});
