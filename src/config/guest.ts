import { guestLevel, telemetryLevel } from './levels.ts';
import type { GuestConfig, TelemetryConfig } from './model.ts';
import { type Reading, readTable, readValue } from './read.ts';
import type { Source } from './source.ts';
import type { TomlTable } from './toml.ts';
import { text } from './values.ts';

const ENV_NAME = /^[^=\0]+$/;
/** Instances at most, unless told. */
const INSTANCES = 16;

type GuestReading = Reading<typeof guestLevel.spec>;

function readEnv(source: Source, guest: GuestReading): Record<string, string> {
  const env: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(guest.get('env', {}))) {
    const path = [...guest.path, 'env', name];
    if (!ENV_NAME.test(name))
      source.problem(path, {
        expected: 'a variable name without "=", and not empty',
        found: JSON.stringify(name),
        hints: [],
      });
    const read = readValue(source, path, value, text);
    if (read === undefined) continue;
    env[name] = read.data as string;
    source.written(path);
  }
  return env;
}

/** How many instances and workers: an instance lives in one worker, so that no worker may be without. */
function readShare(source: Source, guest: GuestReading): Pick<GuestConfig, 'instances' | 'workers'> {
  const workers = guest.get('workers', 1);
  const because = workers > INSTANCES ? 'one for each worker' : undefined;
  const instances = guest.get('instances', Math.max(INSTANCES, workers), because);
  if (workers > instances && !guest.broken('instances'))
    source.problem([...guest.path, 'workers'], {
      expected: `at most as many workers as instances: ${instances}`,
      found: `${workers}`,
      hints: [`each worker runs an instance or more: write instances = ${workers} or more, or fewer workers`],
    });
  return { instances, workers };
}

export function readGuest(source: Source, table: TomlTable): GuestConfig {
  const guest = readTable(source, ['guest'], table, guestLevel);
  return {
    memory: guest.get('memory', 128 * 2 ** 20),
    ...readShare(source, guest),
    env: readEnv(source, guest),
    args: guest.get('args', []),
  };
}

export function readTelemetry(
  source: Source,
  table: TomlTable,
  logFormat: TelemetryConfig['logFormat'] | undefined,
): TelemetryConfig {
  const telemetry = readTable(source, ['telemetry'], table, telemetryLevel);
  const config: TelemetryConfig = {
    log: telemetry.get('log', 'info'),
    logFormat: logFormat ?? telemetry.get('log_format', 'auto'),
    http: telemetry.get('http', undefined),
  };
  if (logFormat !== undefined) source.origins.set('telemetry.log_format', { from: 'flag', flag: '--log-format' });
  return config;
}
