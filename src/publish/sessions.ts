import type { BindingConfig } from '../config/model.ts';
import type { BrokerAddress, ConnectionOptions } from '../types.ts';

/** One publishing session and the bindings whose publishes go through it. */
export interface PublisherSession {
  /** Equal over restarts for the same broker and credentials; without secrets. */
  readonly key: string;
  readonly driver: string;
  readonly clientId: string;
  readonly connection: ConnectionOptions;
  /** In file order. */
  readonly bindings: readonly BindingConfig[];
  /** The longest of the bindings'; 0: a clean session. */
  readonly sessionExpiry: number;
  /** Publish-only bindings whose will has no session to go on, because an earlier one's took this: to be warned about. */
  readonly unusedWills: readonly BindingConfig[];
}

/** What tells brokers apart. What a driver's own url means, only the driver knows. */
function addressKey({ protocol, host, port, path, display }: BrokerAddress): readonly unknown[] {
  return protocol === 'other' ? [display] : [protocol, host, port, path];
}

/** Equal for bindings that share a publisher session: the same driver, broker and credentials. */
function sessionKey({ driver, connection }: BindingConfig): string {
  const addresses = connection.addresses.map(addressKey);
  return JSON.stringify([driver, addresses, connection.username ?? null, connection.tls?.cert ?? null]);
}

/** Whether two keys stand for the same driver and credentials, whatever their brokers. */
export function sameCredentials(a: string, b: string): boolean {
  if (a === b) return true;
  const [left, right] = [a, b].map((key) => {
    const parts: unknown = JSON.parse(key);
    return Array.isArray(parts) && parts.length === 4 ? JSON.stringify([parts[0], parts[2], parts[3]]) : undefined;
  });
  return left !== undefined && left === right;
}

function sessionOf(
  key: string,
  bindings: readonly [BindingConfig, ...BindingConfig[]],
  clientId: string,
): PublisherSession {
  const [first] = bindings;
  const wills = bindings.filter((binding) => binding.kind === 'publish-only' && binding.connection.will !== undefined);
  return {
    key,
    driver: first.driver,
    clientId,
    connection: { ...first.connection, will: wills[0]?.connection.will },
    bindings,
    sessionExpiry: Math.max(...bindings.map((binding) => binding.sessionExpiry)),
    unusedWills: wills.slice(1),
  };
}

/**
 * One publisher session for each broker and credentials, in file order (DELIVERY, "Identity"). Its client id is
 * `clientIdOf` of its first binding plus `-pub`, and the rest of its connection is that binding's too. The will of a
 * subscribing binding stays on its subscriber session; that of the first publish-only binding goes on this one.
 */
export function groupPublishers(
  bindings: readonly BindingConfig[],
  clientIdOf: (binding: BindingConfig) => string,
): PublisherSession[] {
  const groups = new Map<string, [BindingConfig, ...BindingConfig[]]>();
  for (const binding of bindings) {
    const key = sessionKey(binding);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [binding]);
    else group.push(binding);
  }
  return [...groups].map(([key, group]) => sessionOf(key, group, `${clientIdOf(group[0])}-pub`));
}
