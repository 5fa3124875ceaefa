import { HostError } from '../errors.ts';

/**
 * What a name must not hold: it goes unescaped into quoted strings, template literals and comments of the generated
 * code. The names that toolchains make hold spaces, parentheses and `=>`, which are harmless there.
 */
const FORBIDDEN = /['"`\\]|[^\x20-\x7e]|\$\{|\*\/|<!--|-->/;

function quote(name: string): string {
  const short = name.length > 60 ? `${name.slice(0, 60)}…` : name;
  return JSON.stringify(short).replace(/[^\x20-\x7e]/g, '?');
}

function checkName(name: string, where: string): void {
  if (!FORBIDDEN.test(name)) return;
  const why = 'it could smuggle code into the host';
  throw new HostError('ERR_COMPONENT_UNSAFE', `the component is refused: ${where} has the name ${quote(name)}: ${why}`);
}

/**
 * Refuses names in a component, outside of its core modules, that could end the string they are put into.
 * @throws {HostError} ERR_COMPONENT_UNSAFE
 */
export function guardComponentNames(names: Iterable<string>): void {
  for (const name of names) checkName(name, 'the component');
}

/**
 * Refuses the names of a core module's imports and exports likewise. To be called on every module that was emitted,
 * before the generated code is loaded or kept.
 * @throws {HostError} ERR_COMPONENT_UNSAFE
 */
export function guardModule(file: string, module: WebAssembly.Module): void {
  for (const { name } of WebAssembly.Module.exports(module)) checkName(name, `an export of core module ${file}`);
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    checkName(from, `an import of core module ${file}`);
    checkName(name, `an import of core module ${file}`);
  }
}
