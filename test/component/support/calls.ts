import type { CallMessage } from '../../../src/component/exchange/protocol.ts';

/** A call as a worker gets it: of a command, which has no message. */
export const COMMAND_CALL: CallMessage = {
  id: 1,
  cell: 0,
  instance: 0,
  chain: 0,
  binding: undefined,
  attributeBytes: 0,
  handler: { interface: 'wasi:cli/run@0.2.6', function: 'run' },
};
