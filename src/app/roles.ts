import { exportsNamed, type Inspection, listNames, resolveHandler } from '../component/index.ts';
import type { BindingConfig, HostConfig } from '../config/index.ts';
import { bindingWarnings, type ComponentFacts, type Role, roleOf } from '../delivery/index.ts';
import { HostError } from '../errors.ts';

/** What an app's bindings do, now that the component is known. */
export interface Roles {
  of(binding: BindingConfig): Role;
  /** Those whose messages go to a handler, which the component has. */
  readonly pushed: readonly BindingConfig[];
  /** Those whose messages the component asks for; none where it asks for nothing. */
  readonly pulled: readonly BindingConfig[];
  /** One line each. */
  readonly warnings: readonly string[];
}

/** Where a binding says what it wants called: `on_message`, else its own line, or key path in an object. */
function placeOf({ path, line }: BindingConfig, { file, origins }: HostConfig): string {
  const origin = origins.get(`${path}.on_message`);
  if (file === undefined) return `config: ${path}${origin?.from === 'object' ? '.on_message' : ''}`;
  return `${file}:${origin?.from === 'file' ? origin.line : line}`;
}

/** Why a binding's handler cannot be called, if it cannot. */
function handlerFault(binding: BindingConfig, inspection: Inspection): string | undefined {
  try {
    resolveHandler(inspection, binding.onMessage);
    return undefined;
  } catch (error) {
    if (error instanceof HostError) return error.message;
    throw error;
  }
}

/**
 * Settles what each binding does with this component (DESIGN, "The configuration", `delivery` and `on_message`).
 * @throws HostError ERR_COMPONENT_EXPORT naming each binding whose handler is not exported, or is none
 */
export function settleRoles(config: HostConfig, inspection: Inspection): Roles {
  const { bindings } = config;
  const facts: ComponentFacts = {
    importsPull: inspection.importsReceive || inspection.importsStream,
    handlers: listNames(inspection.handlers, ', '),
    exportsHandler: (name) => exportsNamed(inspection, name),
  };
  const having = (role: Role) => bindings.filter((binding) => roleOf(binding, facts) === role);
  const pushed = having('push');
  const faults = pushed.flatMap((binding) => {
    const fault = handlerFault(binding, inspection);
    return fault === undefined ? [] : [`${placeOf(binding, config)}: binding "${binding.name}": ${fault}`];
  });
  if (faults.length > 0) throw new HostError('ERR_COMPONENT_EXPORT', faults.join('; '));
  return {
    of: (binding) => roleOf(binding, facts),
    pushed,
    pulled: facts.importsPull ? having('pull') : [],
    warnings: bindingWarnings(bindings, facts),
  };
}
