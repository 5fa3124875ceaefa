import { createHost, HostError } from 'wasi-pubsub-host';

try {
  await using host = createHost({ config: 'app.toml', component: 'temperature-alerts.wasm' });
  // The host handles no signals and ends no process: that is its user's.
  process.once('SIGTERM', () => host.drain('SIGTERM'));
  // A fatal error later, such as a session that another client takes over.
  void host.failed.then((error) => host.drain(error.code));

  const statuses = host.status();
  await host.start();
  for await (const status of statuses) {
    if (status.kind === 'subscribed') console.log(`subscribed to ${status.filters.join(', ')}`);
    if (status.kind === 'handled') console.log(`handled ${status.topic}, attempt ${status.attempt}`);
    if (status.kind === 'dead-letter') console.log(`gave up on ${status.topic}: ${status.error}`);
    if (status.kind === 'missed') console.log(`read too slowly: ${status.count} statuses are gone`);
  }
  console.log('stopped');
} catch (error) {
  if (!(error instanceof HostError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
