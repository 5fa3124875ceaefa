import { expect, test } from 'vitest';
import { oneBinding, parse } from './fixtures.ts';

const LATER = 'not acted on yet by this version';

test.each([
  ['qos = 2', []],
  ['dedup = "10m"', []],
  ['receive_timeout = "5s"', []],
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
