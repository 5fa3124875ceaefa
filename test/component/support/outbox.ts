import { CallCells } from '../../../src/component/exchange/cells.ts';
import { Exchange } from '../../../src/component/exchange/exchange.ts';
import { type FromWorker, LOOK } from '../../../src/component/exchange/protocol.ts';
import { Outbox } from '../../../src/component/worker/outbox.ts';

/** An outbox of a worker, all that it sends, and the main thread's side of its exchange. `post` may throw. */
export function testOutbox(post: (message: FromWorker) => void = () => {}) {
  const [cells, exchange] = [new CallCells(), new Exchange()];
  const sent: FromWorker[] = [];
  const counts = { looks: 0 };
  const outbox = new Outbox(
    (message) => {
      if (message === LOOK) {
        counts.looks++;
        return;
      }
      post(message);
      sent.push(message);
    },
    cells,
    exchange,
  );
  return { cells, exchange: new Exchange(exchange.buffer), outbox, sent, counts };
}
