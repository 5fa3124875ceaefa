/** Compiled, not run: what the public types say and refuse, in this checkout and from the published package. */
import { type BindingDocument, createHost, type Driver, type HostErrorCode } from 'wasi-pubsub-host';

// @ts-expect-error a host has a component
export const incomplete = createHost({ config: 'app.toml' });

// @ts-expect-error durations are texts
export const bare: BindingDocument = { url: 'mqtt://localhost', timeout: 30 };

// @ts-expect-error the key is called client_id
export const misspelt: BindingDocument = { url: 'mqtt://localhost', clientId: 'x' };

// @ts-expect-error there is no such code
export const code: HostErrorCode = 'ERR_NONE';

// @ts-expect-error a driver says whether it keeps qos 2
export const driver: Driver = {
  name: 'x',
  schemes: ['x'],
  openSubscriber: () => never(),
  openPublisher: () => never(),
};

export async function statuses(): Promise<number> {
  await using host = createHost({ config: 'app.toml', component: 'app.wasm' });
  for await (const status of host.status('handled', 'started')) {
    if (status.kind === 'handled') return status.attempt;
    if (status.kind === 'missed') return status.count;
    // @ts-expect-error it is told apart by its kind
    status.attempt;
    status.app satisfies string;
  }
  return host.commandEnd?.code ?? 0;
}

function never(): never {
  throw new Error('not called');
}
