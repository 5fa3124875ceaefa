import { MalformedError } from './reader.ts';
import type { ComponentType, DefinedType, Extern, FunctionType, InstanceType, ValueType } from './types.ts';

function at<T>(space: readonly T[], index: number, what: string): T {
  const item = space[index];
  if (item === undefined) throw new MalformedError(`no ${what} ${index}`);
  return item;
}

/** The index spaces of one component, component type or instance type, filled in the order of its definitions. */
export class Scope {
  readonly types: DefinedType[] = [];
  readonly functions: FunctionType[] = [];
  readonly instances: InstanceType[] = [];
  readonly components: ComponentType[] = [];
  readonly imports = new Map<string, Extern>();
  readonly exports = new Map<string, Extern>();
  readonly parent: Scope | undefined;
  readonly depth: number;

  constructor(parent?: Scope) {
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    if (this.depth > 100) throw new MalformedError('nested too deeply');
  }

  outer(count: number): Scope {
    let scope: Scope = this;
    for (let left = count; left > 0; left--) {
      if (scope.parent === undefined) throw new MalformedError('alias outside the component');
      scope = scope.parent;
    }
    return scope;
  }

  type(index: number): DefinedType {
    return at(this.types, index, 'type');
  }

  value(index: number): ValueType {
    const type = this.type(index);
    if (type.kind === 'function' || type.kind === 'instance' || type.kind === 'component')
      throw new MalformedError(`type ${index} is no value type`);
    return type;
  }

  functionType(index: number): FunctionType {
    const type = this.type(index);
    if (type.kind !== 'function') throw new MalformedError(`type ${index} is no function type`);
    return type;
  }

  instanceType(index: number): InstanceType {
    const type = this.type(index);
    if (type.kind !== 'instance') throw new MalformedError(`type ${index} is no instance type`);
    return type;
  }

  componentType(index: number): ComponentType {
    const type = this.type(index);
    if (type.kind !== 'component') throw new MalformedError(`type ${index} is no component type`);
    return type;
  }

  instance(index: number): InstanceType {
    return at(this.instances, index, 'instance');
  }

  component(index: number): ComponentType {
    return at(this.components, index, 'component');
  }

  /** An item of this scope, by sort byte and index; undefined for core items, which the host does not look at. */
  item(sort: number, index: number): Extern {
    switch (sort) {
      case 0x01:
        return { sort: 'function', type: at(this.functions, index, 'function') };
      case 0x03:
        return { sort: 'type', type: this.type(index) };
      case 0x04:
        return { sort: 'component', type: this.component(index) };
      case 0x05:
        return { sort: 'instance', type: this.instance(index) };
      default:
        return { sort: sort === 0x00 ? 'module' : 'value' };
    }
  }

  /** Adds an item that an import, an export or an alias defines. `name` becomes the name of a type. */
  define(extern: Extern, name?: string): void {
    if (extern.sort === 'function') this.functions.push(extern.type);
    else if (extern.sort === 'instance') this.instances.push(extern.type);
    else if (extern.sort === 'component') this.components.push(extern.type);
    else if (extern.sort === 'type') {
      const { type } = extern;
      const named = name !== undefined && 'kind' in type && !['function', 'instance', 'component'].includes(type.kind);
      this.types.push(named ? ({ ...type, name } as DefinedType) : type);
    }
  }
}
