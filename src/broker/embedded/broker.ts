import type { EventEmitter } from 'node:events';
import { Aedes, type AedesOptions, type Client, type Subscription } from 'aedes';
import { filterFault } from '../../topics.ts';
import { canTake, forward, sendStranded, sendToOne } from './delivery.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { Persistence, SESSION_MARKER } from './persistence.ts';
import { RetainedMessages } from './retained.ts';
import { Router } from './router.ts';
import { Sessions } from './sessions.ts';
import { isShared, parseShared, SharedSubscriptions } from './shared-subscriptions.ts';

/** CONNACK return code [MQTT 3.1.1, 3.2.2.3]. */
const UNACCEPTABLE_VERSION = 1;

/** As long as a timer can be: a client that does not read for a while is not cut off, its keepalive decides. */
const NO_DRAIN_TIMEOUT = 2 ** 31 - 1;

function isGood(filter: string): boolean {
  return isShared(filter) ? parseShared(filter) !== undefined : filterFault(filter) === undefined;
}

/** What aedes asks about clients' packets: grants at the QoS asked for, and guards the topics that start with `$`. */
function hooks(sessions: Sessions): AedesOptions {
  return {
    authorizePublish: (_client, { topic }, answer) => {
      answer(topic.startsWith('$') ? new Error(`publishing to "${topic}" is not allowed: it starts with "$"`) : null);
    },
    authorizeSubscribe: (client: Client, subscription: Subscription, answer) => {
      const session = sessions.get(client.id);
      if (subscription.topic === SESSION_MARKER) answer(null, subscription);
      else if (session === undefined || !isGood(subscription.topic)) answer(null, null);
      else {
        sessions.subscribe(session, subscription.topic, subscription.qos);
        answer(null, subscription);
      }
    },
    authorizeForward: (client, packet) => forward(sessions, client, packet),
  };
}

/** Keeps {@link Sessions} in step with the connections of aedes. */
function follow(aedes: Aedes, sessions: Sessions, log: (text: string) => void): void {
  aedes.on('client', (client) => sessions.attach(client));
  aedes.on('clientReady', (client) => {
    const session = sessions.get(client.id);
    if (session?.client === client) sendStranded(session, client);
  });
  aedes.on('clientDisconnect', (client) => sessions.detach(client));
  aedes.on('unsubscribe', (filters, client) => {
    const session = sessions.get(client.id);
    if (session?.client === client) for (const filter of filters) sessions.unsubscribe(session, filter);
  });
  aedes.on('clientError', (client, error) => log(`client "${client.id}": ${error.message}`));
  aedes.on('connectionError', (_client, error) => {
    // How a client of MQTT 5 finds out that it has to speak 3.1.1: nothing to warn of.
    if ((error as { errorCode?: number }).errorCode === UNACCEPTABLE_VERSION) return;
    log(`a connection was refused: ${error.message}`);
  });
  // Documented, and missing from the types of aedes.
  (aedes as EventEmitter).on('error', (error: Error) => log(`the embedded broker: ${error.message}`));
}

/** An aedes with sessions and routing of ours, that listens nowhere yet. */
export async function createAedes(log: (text: string) => void, limits: Limits = DEFAULT_LIMITS): Promise<Aedes> {
  const router = new Router();
  const shared = new SharedSubscriptions(router, {
    accepts: (session, qos) => canTake(sessions, session, qos),
    deliver: (session, packet, qos, done) => sendToOne(sessions, session, packet, qos, done),
  });
  const sessions: Sessions = new Sessions(shared, limits, log);
  const aedes = await Aedes.createBroker({
    mq: router,
    persistence: new Persistence(sessions, new RetainedMessages(limits.retained), log),
    drainTimeout: NO_DRAIN_TIMEOUT,
    ...hooks(sessions),
  });
  follow(aedes, sessions, log);
  return aedes;
}
