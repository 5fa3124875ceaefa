import type { EmbeddedBroker, EmbeddedBrokerOptions } from './embedded/index.ts';

/** As the embedded broker's own; loads aedes only now, since most hosts never need it. */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const embedded = await import('./embedded/index.ts');
  return embedded.startEmbeddedBroker(options);
}
