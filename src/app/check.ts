import { type OpenedComponent, openComponent, resolveCommand } from '../component/index.ts';
import { describeConfig, type HostConfig, nameBindings } from '../config/index.ts';
import { HostError } from '../errors.ts';
import { providedInterfaces } from '../interfaces/index.ts';
import { readJournal } from '../journal/index.ts';
import type { RememberedSession } from '../journal.ts';
import { describeRoutes, type RouteDescription, routeWarnings } from '../publish/index.ts';
import { settleRoles } from './roles.ts';

/** None where no host has run with this state_dir yet. */
function rememberedSessions(stateDir: string): readonly RememberedSession[] {
  try {
    const journal = readJournal(stateDir);
    const sessions = journal.sessions();
    journal.close();
    return sessions;
  } catch (error) {
    if (error instanceof HostError && error.code === 'ERR_STATE_DIR') return [];
    throw error;
  }
}

function topicsOf({ filters, fallback, binding }: RouteDescription, isFirst: boolean): string {
  if (filters !== undefined) return filters.join(', ');
  const topics = `every ${isFirst ? '' : 'other '}topic that does not start with "$"`;
  return fallback ? topics : `${topics}, while a message of "${binding}" is handled`;
}

/** Routes as they are tried, from top to bottom. */
function routeLines(bindings: HostConfig['bindings']): string[] {
  const lines = describeRoutes(bindings).map((route, index) => {
    const { binding, broker, qos, format } = route;
    return `  ${topicsOf(route, index === 0)} -> binding "${binding}", ${broker}, qos ${qos}, ${format}`;
  });
  return [...lines, `  anything ${lines.length === 0 ? '' : 'else '}-> permission-denied`];
}

function componentLines(config: HostConfig, path: string, opened: OpenedComponent): string[] {
  const { inspection } = opened;
  const roles = settleRoles(config, inspection);
  const imported = inspection.imports.filter(({ kind }) => kind !== 'type');
  const names = imported.map(({ name, version }) => (version === undefined ? name : `${name}@${version}`));
  const bindings = config.bindings.map((binding) => {
    const role = roles.of(binding);
    return `  binding "${binding.name}": ${role}${role === 'push' ? ` to ${binding.onMessage}` : ''}`;
  });
  const warnings = roles.warnings.map((text) => `  ${text}`);
  return [
    '',
    `component ${path} (${opened.bytes.length} bytes)`,
    `  imports   ${names.join(', ') || 'nothing'}`,
    `  handlers  ${inspection.handlers.join(', ') || 'none'}`,
    `  command   ${resolveCommand(inspection)?.interface ?? 'none'}`,
    ...bindings,
    ...(warnings.length > 0 ? ['', 'warnings about the component', ...warnings] : []),
  ];
}

/**
 * Everything that can be found out without running: the effective configuration with where each value comes from,
 * routes, and with a component what it imports, exports and which binding calls what. Connects to nothing.
 * @throws HostError where `host run` would not start
 */
export async function checkApp(config: HostConfig, component: string | undefined): Promise<readonly string[]> {
  const named = nameBindings(config, rememberedSessions(config.stateDir));
  const lines = [...describeConfig(named), '', 'routes', ...routeLines(named.bindings)];
  const warnings = routeWarnings(named.bindings).map((text) => `  ${text}`);
  if (warnings.length > 0) lines.push('', 'warnings about the routes', ...warnings);
  if (named.bindings.some(({ connection }) => connection.protocol === 4)) {
    lines.push('', 'On MQTT 3.1.1 a broker may acknowledge a publish that its access rules drop.');
  }
  if (component === undefined) return lines;
  return [...lines, ...componentLines(named, component, await openComponent(component, providedInterfaces))];
}
