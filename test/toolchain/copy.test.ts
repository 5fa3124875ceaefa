import { expect, it } from 'vitest';
import { copyFor } from '../../src/toolchain/bundle.ts';

it.each([
  ['', 'publish-only'],
  ["import { publish } from 'wasi:pubsub/data-basic@0.1.0';", 'publish-only'],
  ['import { publish, receive as next } from "wasi:pubsub/data-basic@0.1.0";', 'no-stream'],
  ["import {\n  stream,\n  receive\n} from 'wasi:pubsub/data-basic@0.1.0';", 'full'],
  ["import * as data from 'wasi:pubsub/data-basic@0.1.0';", 'full'],
  ["import { receive } from './receive.js';", 'publish-only'],
])('%j is built against the copy %s', (source, wanted) => {
  expect(copyFor(source)).toBe(wanted);
});
