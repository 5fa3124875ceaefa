import { HostError, isLoopback, parseBrokerUrl, startEmbeddedBroker } from '../../src/cli.ts';
import { type CommandLine, positionalsOf } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import { nextSignal } from '../signals.ts';

/** `host broker`: the embedded broker alone, until a signal. */
export async function broker(line: CommandLine): Promise<number> {
  positionalsOf(line, []);
  const urls = line.listen.length > 0 ? line.listen : ['tcp://127.0.0.1:1883'];
  const addresses = urls.map((url) => {
    const address = parseBrokerUrl(url);
    if ((address.protocol === 'mqtt' || address.protocol === 'ws') && isLoopback(address.host)) return address;
    throw new HostError(
      'ERR_USAGE',
      `--listen: expected a tcp, mqtt or ws url on loopback, found "${address.display}"`,
    );
  });
  const started = [];
  try {
    for (const { host, port, protocol, path } of addresses) {
      const log = (text: string) => void process.stderr.write(`${text}\n`);
      const listen = { host, port, protocol: protocol === 'ws' ? 'ws' : 'tcp', path, log } as const;
      const running = await startEmbeddedBroker(listen);
      started.push(running);
      process.stderr.write(`embedded broker listens on ${running.url}; for development: MQTT 3.1.1, in memory\n`);
    }
    await nextSignal();
    return EXIT.ok;
  } finally {
    await Promise.all(started.map((running) => running.close()));
  }
}
