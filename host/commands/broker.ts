import { type BrokerAddress, type EmbeddedBroker, HostError, parseBrokerUrl } from '../../src/cli.ts';
import { type CommandLine, positionalsOf } from '../arguments.ts';
import { isEmbeddable, listenAt } from '../embedded.ts';
import { EXIT } from '../exit.ts';
import { nextSignal } from '../signals.ts';

const DEFAULT_URL = 'tcp://127.0.0.1:1883';

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function addressOf(url: string): BrokerAddress {
  const address = parseBrokerUrl(url);
  if (isEmbeddable(address)) return address;
  throw new HostError('ERR_USAGE', `--listen: expected a tcp, mqtt or ws url on loopback, found "${address.display}"`);
}

/** `host broker`: the embedded broker alone, until a signal. */
export async function broker(line: CommandLine): Promise<number> {
  positionalsOf(line, []);
  const addresses = (line.listen.length > 0 ? line.listen : [DEFAULT_URL]).map(addressOf);
  const started: EmbeddedBroker[] = [];
  try {
    for (const address of addresses) {
      const running = await listenAt(address, say);
      started.push(running);
      say(`embedded broker listens on ${running.url}; for development: MQTT 3.1.1, in memory`);
    }
    await nextSignal();
    return EXIT.ok;
  } finally {
    await Promise.all(started.map((running) => running.close()));
  }
}
