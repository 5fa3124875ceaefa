import { type OpenedComponent, openComponent, resolveHandler } from './component/index.ts';
import { describeConfig, type HostConfig, nameBindings } from './config/index.ts';
import { bindingWarnings, componentFacts, roleOf } from './delivery/index.ts';
import { HostError } from './errors.ts';
import { providedInterfaces } from './interfaces/index.ts';
import { readJournal } from './journal/index.ts';
import type { RememberedSession } from './journal.ts';
import { describeRoutes, type RouteDescription, routeWarnings } from './publish/index.ts';

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

function routeLine(route: RouteDescription): string {
  const topics = route.filters === undefined ? 'every topic that does not start with "$"' : route.filters.join(', ');
  const fallback = route.fallback ? ' (also where no other route matches)' : '';
  return `  ${topics} -> binding "${route.binding}", ${route.broker}, qos ${route.qos}, ${route.format}${fallback}`;
}

function componentLines(config: HostConfig, path: string, opened: OpenedComponent): string[] {
  const { inspection } = opened;
  const facts = componentFacts(inspection);
  const imported = inspection.imports.filter(({ kind }) => kind !== 'type');
  const names = imported.map(({ name, version }) => (version === undefined ? name : `${name}@${version}`));
  const bindings = config.bindings.map((binding) => {
    const role = roleOf(binding, facts);
    if (role === 'push') resolveHandler(inspection, binding.onMessage);
    return `  binding "${binding.name}": ${role}${role === 'push' ? ` to ${binding.onMessage}` : ''}`;
  });
  const warnings = bindingWarnings(config.bindings, facts).map((text) => `  ${text}`);
  return [
    '',
    `component ${path} (${opened.bytes.length} bytes)`,
    `  imports   ${names.join(', ') || 'nothing'}`,
    `  handlers  ${inspection.handlers.join(', ') || 'none'}`,
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
  const lines = [...describeConfig(named), '', 'routes', ...describeRoutes(named.bindings).map(routeLine)];
  const warnings = routeWarnings(named.bindings).map((text) => `  ${text}`);
  if (warnings.length > 0) lines.push('', 'warnings about the routes', ...warnings);
  if (named.bindings.some(({ connection }) => connection.protocol === 4)) {
    lines.push('', 'On MQTT 3.1.1 a broker may acknowledge a publish that its access rules drop.');
  }
  if (component === undefined) return lines;
  return [...lines, ...componentLines(named, component, await openComponent(component, providedInterfaces))];
}
