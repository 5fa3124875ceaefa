import type { Journal } from '../journal/index.ts';
import type { OpenPublisher } from '../publish/index.ts';
import type { MetricsSource } from '../telemetry/index.ts';
import type { BindingSession } from './binding-session.ts';

/** What a host shows of itself; each is asked for when it is looked at. */
export interface Observed {
  sessions(): readonly BindingSession[];
  publishers(): readonly OpenPublisher[];
  journal(): Journal | undefined;
  /** Threads that run guests. */
  workers(): number;
  serving(): boolean;
  draining(): boolean;
}

function faults(host: Observed): string[] {
  if (host.draining()) return ['draining'];
  if (!host.serving()) return ['starting'];
  const subscribers = host.sessions().filter(({ delivery }) => !delivery.isSubscribed);
  const publishers = host.publishers().filter(({ publisher }) => !publisher.online);
  return [
    ...subscribers.map(({ binding }) => `binding ${binding.name}: not subscribed`),
    ...publishers.map(({ clientId }) => `publisher ${clientId}: not connected`),
  ];
}

/** What `/metrics` and `/readyz` read of a host. */
export function metricsSource(host: Observed): MetricsSource {
  return {
    bindings: () =>
      host.sessions().map(({ binding, delivery, subscriber }) => ({
        binding: binding.name,
        inFlight: subscriber.inFlight.messages,
        inFlightBytes: subscriber.inFlight.bytes,
        spilled: delivery.spilledCount,
        subscribed: delivery.isSubscribed,
      })),
    publishers: () =>
      host.publishers().map(({ binding, clientId, publisher, outbox }) => ({
        binding,
        clientId,
        online: publisher.online,
        unsent: outbox.size,
      })),
    journal: () => host.journal()?.size(),
    workers: () => host.workers(),
    ready: () => {
      const reasons = faults(host);
      return { ready: reasons.length === 0, reasons };
    },
  };
}
