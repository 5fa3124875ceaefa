import { readFile } from 'node:fs/promises';
import { HostError, messageOf } from '../errors.ts';
import type { ProvidedInterface } from '../guest.ts';
import { guardComponentNames } from './guard.ts';
import { checkImports } from './imports.ts';
import { type Inspection, inspectComponent } from './inspect.ts';

export interface OpenedComponent {
  readonly bytes: Uint8Array;
  readonly inspection: Inspection;
}

const READ_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder; name the .wasm file in it',
};

async function readComponent(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const fault = READ_FAULTS[(cause as NodeJS.ErrnoException).code ?? ''] ?? messageOf(cause);
    throw new HostError('ERR_COMPONENT_READ', `the component ${path} cannot be read: ${fault}`, { cause });
  }
}

/**
 * Reads a component file, inspects it and makes sure that the host provides what it imports.
 * @throws {HostError} ERR_COMPONENT_READ, ERR_COMPONENT_INVALID, ERR_COMPONENT_UNSAFE or ERR_COMPONENT_IMPORT
 */
export async function openComponent(path: string, provided: readonly ProvidedInterface[]): Promise<OpenedComponent> {
  const bytes = await readComponent(path);
  const inspection = inspectComponent(bytes, { source: path });
  guardComponentNames(inspection.names);
  checkImports(inspection, provided, path);
  return { bytes, inspection };
}
