import { startEmbeddedBroker } from '../../src/broker/index.ts';
import { atEnd } from '../support/cleanup.ts';
import { App, appToml } from './app.ts';

/** An app whose command takes these steps (guests/pulling). */
export function stepsApp(url: string, steps: readonly string[], lines: readonly string[], top: readonly string[] = []) {
  const binding = { url, lines: ['publish = ["out/#"]', 'delivery = "pull"', ...lines] };
  return new App(appToml([binding], ['name = "e2e"', ...top, '[guest]', `args = ${JSON.stringify(steps)}`]));
}

/** The url of an embedded broker that ends with the test. */
export async function startEmbedded(): Promise<string> {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0, protocol: 'tcp' });
  atEnd(() => broker.close());
  return `mqtt://127.0.0.1:${broker.port}`;
}
