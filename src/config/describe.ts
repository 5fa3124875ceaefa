import { basename } from 'node:path';
import type { HostConfig, Origin } from './model.ts';
import { appRows, bindingRows, guestRows, type Row, telemetryRows } from './rows.ts';
import { formatDuration } from './units.ts';

function originText(origin: Origin | undefined, file: string): string {
  if (origin === undefined) return 'default';
  if (origin.from === 'flag') return origin.flag;
  if (origin.from === 'object') return 'the configuration';
  if (origin.from === 'default') return origin.because === undefined ? 'default' : `default: ${origin.because}`;
  const through = origin.through.map((name) => `\${${name}}`).join(', ');
  return `${file}:${origin.line}${through === '' ? '' : ` from ${through}`}`;
}

function aligned(rows: readonly Row[], config: HostConfig): string[] {
  const file = basename(config.file ?? '');
  const keys = Math.max(...rows.map(({ key }) => key.length));
  const values = Math.min(Math.max(...rows.map(({ value }) => value.length)), 48);
  return rows.map(
    ({ key, value, path }) =>
      `  ${key.padEnd(keys)}  ${value.padEnd(values)}  ${originText(config.origins.get(path), file)}`,
  );
}

/** What `host check` says beside the warnings of the start. */
export function checkWarnings({ bindings, drain }: HostConfig): string[] {
  const longer = bindings.filter(({ kind, timeout }) => kind !== 'publish-only' && timeout > drain);
  return longer.map(
    ({ path, timeout }) =>
      `${path}.timeout: ${formatDuration(timeout)} is longer than drain (${formatDuration(drain)}): a call that runs longer when the host stops is cut, and repeated`,
  );
}

/** The effective configuration as lines of text, each value with where it came from; secrets are struck out. */
export function describeConfig(config: HostConfig): string[] {
  const sections = [
    [config.file ?? 'the configuration', ...aligned(appRows(config), config)],
    ['[guest]', ...aligned(guestRows(config), config)],
    ['[telemetry]', ...aligned(telemetryRows(config), config)],
    ...config.bindings.map((binding) => [
      `binding ${binding.name} (pubsub.${binding.driver}, ${binding.kind}${binding.line === undefined ? '' : `, line ${binding.line}`})`,
      ...aligned(bindingRows(binding, config.name), config),
    ]),
  ];
  const warnings = [...config.warnings, ...checkWarnings(config)].map((warning) => `  ${warning}`);
  if (warnings.length > 0) sections.push(['warnings', ...warnings]);
  return sections.flatMap((section, index) => (index === 0 ? section : ['', ...section]));
}
