import { expect, it } from 'vitest';
import { contractFor } from '../../guests/toolchain/contract.ts';

it.each([
  ['', 'wit/generated/publish-only'],
  ["import { publish } from 'wasi:pubsub/data-basic@0.1.0';", 'wit/generated/publish-only'],
  ['import { publish, receive as next } from "wasi:pubsub/data-basic@0.1.0";', 'wit/generated/no-stream'],
  ["import {\n  stream,\n  receive\n} from 'wasi:pubsub/data-basic@0.1.0';", 'wit'],
  ["import { receive } from './receive.js';", 'wit/generated/publish-only'],
])('%j is built against %s', (source, wanted) => {
  expect(contractFor(source)).toBe(wanted);
});
