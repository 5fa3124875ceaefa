import { type BindingDraft, type DriverInfo, readBinding } from './binding.ts';
import { capabilityLevel } from './levels.ts';
import { type Reading, readTable } from './read.ts';
import type { Source } from './source.ts';
import type { TomlTable } from './toml.ts';
import { MQTT_SCHEMES } from './url.ts';
import { orList } from './values.ts';

const PREFIX = 'pubsub.';

/** The driver that is always there. */
export const MQTT_DRIVER: DriverInfo = {
  name: 'mqtt',
  schemes: MQTT_SCHEMES,
  keepsQos2: true,
};

type CapabilityReading = Reading<typeof capabilityLevel.spec>;

/** Where the name of the capability landed, if it was written below its first binding by mistake. */
function misplacedName(source: Source, { path, values }: CapabilityReading): string[] {
  const index = (values.config ?? []).findIndex(({ name }) => typeof name === 'string' && name.startsWith(PREFIX));
  if (index < 0) return [];
  const place = source.at([...path, 'config', index, 'name']);
  return [`the name ${place} names a binding: move it above [[capability.config]]`];
}

function driverOf(source: Source, reading: CapabilityReading, drivers: readonly DriverInfo[]): DriverInfo | undefined {
  const provided = orList(drivers.map(({ name }) => `"${PREFIX}${name}"`));
  const path = [...reading.path, 'name'];
  if (!reading.written.has('name')) {
    const hints = [...misplacedName(source, reading), `write name = "${PREFIX}mqtt" below [[capability]]`];
    source.problem(path, { expected: `the capability's name: ${provided}`, found: 'nothing', hints });
    return undefined;
  }
  const { name } = reading.values;
  if (name === undefined) return undefined;
  const driver = drivers.find((each) => name === PREFIX + each.name);
  if (driver === undefined)
    source.problem(path, {
      expected: `a capability that this host provides: ${provided}`,
      found: source.found(name, path),
      hints: [],
    });
  return driver;
}

function readCapability(source: Source, table: TomlTable, index: number, drivers: readonly DriverInfo[]) {
  const reading = readTable(source, ['capability', index], table, capabilityLevel);
  const driver = driverOf(source, reading, drivers) ?? MQTT_DRIVER;
  const tables = reading.values.config ?? [];
  if (tables.length === 0 && !reading.broken('config'))
    source.problem([...reading.path, 'config'], {
      expected: 'at least one [[capability.config]]',
      found: 'none',
      hints: ['write [[capability.config]] below the name, and url, qos, queue or topic below that'],
    });
  return tables.map((config, at) => ({ config, driver, path: [...reading.path, 'config', at] }));
}

/** Reads all bindings of all capabilities, in file order. `drivers` come beside the MQTT driver, or in its place. */
export function readCapabilities(
  source: Source,
  capabilities: readonly TomlTable[],
  app: string,
  drivers: readonly DriverInfo[],
): BindingDraft[] {
  const others = drivers.filter(({ name }) => name !== MQTT_DRIVER.name);
  const mqtt = drivers.find(({ name }) => name === MQTT_DRIVER.name) ?? MQTT_DRIVER;
  return capabilities
    .flatMap((table, index) => readCapability(source, table, index, [mqtt, ...others]))
    .map(({ config, driver, path }, position) => readBinding(source, config, { path, position, app }, driver));
}
