import { flushCompileCache } from 'node:module';
import {
  type CommandEnd,
  createHost,
  createTelemetry,
  type HostConfig,
  HostError,
  loadConfig,
  type Telemetry,
} from '../../src/cli.ts';
import { type CommandLine, positionalsOf } from '../arguments.ts';
import { EXIT, exitCodeOf } from '../exit.ts';
import { growWhereItHelps, keepMessagesYoung } from '../garbage.ts';
import { nextSignal } from '../signals.ts';
import { startBrokersFor } from './with-broker.ts';

/** Logs go to standard error: text for a person at a terminal, JSON lines for a collector. */
function telemetryFor(config: HostConfig, line: CommandLine): Telemetry {
  const wanted = line.logFormat ?? config.telemetry.logFormat;
  const terminal = process.stderr.isTTY === true;
  return createTelemetry({
    level: line.log ?? config.telemetry.log,
    format: wanted === 'auto' ? (terminal ? 'text' : 'json') : wanted,
    color: terminal && process.env.NO_COLOR === undefined,
    secrets: config.secrets,
    write: (text) => void process.stderr.write(`${text}\n`),
  });
}

function notice(telemetry: Telemetry, level: 'info' | 'warn' | 'error', text: string): void {
  telemetry.report({ kind: 'notice', level, text });
}

/** A command's exit code is passed through, and may equal one of ours: the last line of the log says whose it is. */
function exitCodeFor(failure: HostError | undefined, end: CommandEnd | undefined, telemetry: Telemetry): number {
  if (failure !== undefined) return exitCodeOf(failure);
  if (end === undefined) return EXIT.ok;
  notice(telemetry, end.succeeded ? 'info' : 'error', end.text);
  return end.code;
}

/** What would only make the start slower. */
function started(): void {
  growWhereItHelps();
  // Written at the end otherwise, which may be a kill.
  setTimeout(flushCompileCache, 1_000).unref();
}

/** `host run`: serves until a signal, a fatal error or the end of the command; resolves to the exit code. */
export async function run(line: CommandLine): Promise<number> {
  const [file = '', component = ''] = positionalsOf(line, ['app.toml', 'component.wasm']);
  keepMessagesYoung();
  const config = await loadConfig(file, { stateDir: line.stateDir });
  const telemetry = telemetryFor(config, line);
  const brokers = line.withBroker
    ? await startBrokersFor(config, (text) => notice(telemetry, 'warn', `embedded broker: ${text}`))
    : [];
  for (const broker of brokers) notice(telemetry, 'info', `embedded broker listens on ${broker.url} (for development)`);
  if (brokers.length > 0 && config.bindings.some(({ qos }) => qos === 2))
    notice(
      telemetry,
      'warn',
      'the embedded broker cannot keep qos 2: it may lose or repeat messages on a reconnect, and forgets all at its end',
    );
  const host = createHost({ config, component, telemetry });
  let failure: HostError | undefined;
  void host.failed.then((error) => {
    failure ??= error;
  });
  const signal = nextSignal();
  void host.start().then(started, () => {});
  try {
    const finished = host.finished.then(() => 'the command has ended');
    const why = await Promise.race([host.start().then(() => host.failed), host.failed, finished, signal]);
    await host.drain(typeof why === 'string' ? why : 'a fatal error');
    return exitCodeFor(failure, host.commandEnd, telemetry);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    notice(telemetry, 'error', error.message);
    return exitCodeOf(error);
  } finally {
    await host.drain('the start failed');
    await Promise.all(brokers.map((broker) => broker.close()));
  }
}
