import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import { checkImports, inspectComponent, resolveCommand, resolveHandler } from '../../src/component/index.ts';
import {
  bareGuest,
  component,
  manyExportsGuest,
  PACKAGES,
  provided,
  syncGuest,
  waitingGuest,
} from './support/guests.ts';

const source = 'guest.wasm';
/** An event's eight parts fit in parameters, and a callback-lifted function answers with a code. */
const ASYNC_PARAMS = '(param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)';
const inspect = async (bytes: Uint8Array | Promise<Uint8Array>) => inspectComponent(await bytes, { source });

describe('what is no component', () => {
  test.each([
    ['text', () => Buffer.from('hello, world'), /guest\.wasm is not a WebAssembly component/],
    ['nothing', () => new Uint8Array(), /guest\.wasm is not a WebAssembly component/],
    ['a core module', () => parse('(module)'), /core WebAssembly module, not a component: make a component of it/],
    ['a damaged component', async () => (await syncGuest()).subarray(0, 200), /cannot be read .* at byte \d+/],
  ])('%s', async (_, bytes, message) => {
    await expect(async () => inspect(await bytes())).rejects.toMatchObject({
      code: 'ERR_COMPONENT_INVALID',
      message: expect.stringMatching(message),
    });
  });

  test('every cut of a component is refused in one way, or is a whole component', async () => {
    const bytes = await manyExportsGuest();
    for (let length = 8; length < bytes.length; length += 7) {
      try {
        inspectComponent(bytes.subarray(0, length), { source });
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_COMPONENT_INVALID' });
      }
    }
  });
});

describe('an inspection', () => {
  test('lists imported functions with versions, as WIT writes them', async () => {
    const { imports, usesAsync } = await inspect(waitingGuest());
    const basic = imports.find(({ name }) => name === 'wasi:pubsub/data-basic');
    expect(basic).toMatchObject({
      version: '0.1.0',
      functions: [{ name: 'publish', type: 'func(topic: string, message: event) -> result<_, error>' }],
    });
    expect(imports.find(({ name }) => name === 'test:host/tools')).toMatchObject({ version: '1.2.3', resources: [] });
    expect(usesAsync).toBe(false);
  });

  test('knows handlers by the names that on_message takes', async () => {
    expect((await inspect(syncGuest())).handlers).toEqual(['on_message']);
    expect((await inspect(manyExportsGuest())).handlers.toSorted()).toEqual([
      'acme:shop/orders@1.4.0#on-order',
      'on-message',
      'on_order',
    ]);
  });

  test('sees resources, receive, stream, delivery and run', async () => {
    const packages = `package test:guest;
      package wasi:pubsub@0.1.0 {
        interface types { record event { id: string } variant error { timeout } }
        interface data-basic {
          use types.{event, error};
          receive: func(topic: string) -> result<event, error>;
          %stream: func(topic: string) -> result<stream<event>, error>;
        }
      }
      package host:pubsub@0.1.0 { interface delivery { current: func() -> option<string>; } }
      package wasi:io@0.2.6 { interface error { resource error; } }
      package wasi:cli@0.2.6 { interface run { run: func() -> result; } }`;
    const wat = `(module
      (import "wasi:pubsub/data-basic@0.1.0" "receive" (func (param i32 i32 i32)))
      (import "wasi:pubsub/data-basic@0.1.0" "stream" (func (param i32 i32 i32)))
      (import "host:pubsub/delivery@0.1.0" "current" (func (param i32)))
      (import "wasi:io/error@0.2.6" "[resource-drop]error" (func (param i32)))
      (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
      (func (export "wasi:cli/run@0.2.6#run") (result i32) (i32.const 0)))`;
    const world = `import wasi:pubsub/data-basic@0.1.0;
      import host:pubsub/delivery@0.1.0;
      import wasi:io/error@0.2.6;
      export wasi:cli/run@0.2.6;`;
    const inspection = await inspect(component(wat, world, packages));
    expect(inspection).toMatchObject({
      exportsRun: true,
      importsReceive: true,
      importsStream: true,
      importsDelivery: true,
      usesAsync: true,
      handlers: [],
    });
    expect(inspection.imports.find(({ name }) => name === 'wasi:io/error')?.resources).toEqual(['error']);
  });
});

describe('checking imports', () => {
  const importing = (version: string) => {
    const at = version === '' ? '' : `@${version}`;
    const packages = `package test:guest;
      package wasi:pubsub@0.1.0 { interface types { record event { id: string } variant error { timeout } } }
      package test:x${at} { interface tools { go: func(); } }`;
    return inspect(
      component(`(module (import "test:x/tools${at}" "go" (func)))`, `import test:x/tools${at};`, packages),
    );
  };
  const check = async (wanted: string, version: string) =>
    checkImports(await importing(wanted), [{ name: 'test:x/tools', version, waits: [] }], source);

  test.each([
    ['1.2.3', '1.2.3'],
    ['1.9.0', '1.2.3'],
    ['1.0.0', '1.2.3'],
    ['0.2.6', '0.2.12'],
    ['0.2.14', '0.2.12'],
    ['', '0.2.12'],
    ['0.1.0-draft', '0.1.0-draft'],
    ['0.0.3', '0.0.3'],
  ])('%s is satisfied by %s', async (wanted, version) => {
    await expect(check(wanted, version)).resolves.toBeUndefined();
  });

  test.each([
    ['2.0.0', '1.2.3'],
    ['0.3.0', '0.2.12'],
    ['0.1.0', '0.1.0-draft'],
    ['0.1.0-draft2', '0.1.0-draft'],
    ['0.0.4', '0.0.3'],
  ])('%s is not satisfied by %s', async (wanted, version) => {
    await expect(check(wanted, version)).rejects.toMatchObject({
      code: 'ERR_COMPONENT_IMPORT',
      message: `guest.wasm has an import that this host cannot provide: test:x/tools@${wanted} (this host provides ${version})`,
    });
  });

  test('names all that is missing at once, functions of the world too', async () => {
    const packages = `package test:guest;
      package wasi:pubsub@0.1.0 { interface types { record event { id: string } variant error { timeout } } }
      package a:b@1.0.0 { interface c { go: func(); } }`;
    const wat = `(module (import "a:b/c@1.0.0" "go" (func)) (import "$root" "beep" (func)))`;
    const inspection = await inspect(component(wat, 'import a:b/c@1.0.0;\nimport beep: func();', packages));
    expect(() => checkImports(inspection, provided, source)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/: .*(a:b\/c@1\.0\.0.*beep|beep.*a:b\/c@1\.0\.0)/) }),
    );
  });

  test('types alone need nothing from the host', async () => {
    const inspection = await inspect(syncGuest());
    expect(inspection.imports.map(({ name }) => name)).toContain('wasi:pubsub/types');
    expect(() => checkImports(inspection, [], source)).not.toThrow();
    expect(() => checkImports(inspection, provided, source)).not.toThrow();
  });
});

describe('resolving on_message', () => {
  test('the default is the interface', async () => {
    const found = { interface: 'wasi:pubsub/data-on-message@0.1.0', function: 'on-message' };
    expect(resolveHandler(await inspect(syncGuest()), 'on_message')).toEqual(found);
  });

  test.each([
    ['on_order', { interface: undefined, function: 'on-order' }],
    ['on-order', { interface: undefined, function: 'on-order' }],
    ['acme:shop/orders#on-order', { interface: 'acme:shop/orders@1.4.0', function: 'on-order' }],
    ['acme:shop/orders@1.2.0#on-order', { interface: 'acme:shop/orders@1.4.0', function: 'on-order' }],
  ])('%s', async (name, found) => {
    expect(resolveHandler(await inspect(manyExportsGuest()), name)).toEqual(found);
  });

  test.each(['on_message', 'on_nothing', 'acme:shop/orders@2.0.0#on-order', 'acme:shop/orders#nothing'])(
    '%s is not exported: the error lists what is',
    async (name) => {
      const inspection = await inspect(manyExportsGuest());
      expect(() => resolveHandler(inspection, name)).toThrow(
        expect.objectContaining({
          code: 'ERR_COMPONENT_EXPORT',
          message: expect.stringMatching(/it exports .*on-order.*acme:shop\/orders@1\.4\.0#count/),
        }),
      );
    },
  );

  test.each([
    ['then', 'func(x: u32) -> u32'],
    ['acme:shop/orders#count', 'func() -> u32'],
  ])('%s has another type, which the error prints', async (name, found) => {
    const inspection = await inspect(manyExportsGuest());
    expect(() => resolveHandler(inspection, name)).toThrow(
      expect.objectContaining({ code: 'ERR_COMPONENT_EXPORT', message: expect.stringContaining(`found ${found}`) }),
    );
  });

  test('an event or error of another shape is another type', async () => {
    const packages = `package test:guest;
      package wasi:pubsub@0.1.0 {
        interface types { record event { id: string, source: string, %type: string, data: string } variant error { timeout } }
      }`;
    const wat = `(module (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
      (func (export "on-order") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0)))`;
    const world = 'export on-order: func(message: event) -> result<_, error>;';
    const inspection = await inspect(component(wat, world, packages));
    expect(inspection.handlers).toEqual([]);
    // Its names are those of a handler: what they stand for tells the two apart.
    expect(() => resolveHandler(inspection, 'on_order')).toThrow(
      'found func(message: record { id: string, source: string, type: string, data: string }) -> result<_, variant { timeout }>',
    );
  });

  test('an async func is the same type, in an interface and in the world', async () => {
    const lifted = (name: string) => `(func (export "[async-lift]${name}") ${ASYNC_PARAMS} (i32.const 0))
      (func (export "[callback][async-lift]${name}") (param i32 i32 i32) (result i32) (i32.const 0))`;
    const wat = `(module (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
      ${lifted('on-order')} ${lifted('acme:shop/orders@1.4.0#on-order')})`;
    const packages = `${PACKAGES}
      package acme:shop@1.4.0 {
        interface orders {
          use wasi:pubsub/types@0.1.0.{event, error};
          on-order: async func(message: event) -> result<_, error>;
        }
      }`;
    const world = `export on-order: async func(message: event) -> result<_, error>;
      export acme:shop/orders@1.4.0;`;
    const inspection = await inspect(component(wat, world, packages));
    expect(inspection.usesAsync).toBe(true);
    expect(inspection.handlers.toSorted()).toEqual(['acme:shop/orders@1.4.0#on-order', 'on_order']);
    for (const name of ['on_order', 'acme:shop/orders#on-order'])
      expect(resolveHandler(inspection, name).function).toBe('on-order');
  });

  test('of several versions the one that is named, else one that is a handler', async () => {
    const versions = ['1.2.0', '1.4.0', '2.0.0'];
    const params = `(param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)`;
    const wat = `(module (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
      (func (export "acme:shop/orders@1.2.0#on-order"))
      ${versions
        .slice(1)
        .map((version) => `(func (export "acme:shop/orders@${version}#on-order") ${params} (i32.const 0))`)
        .join('\n')})`;
    const of = (version: string) => `package acme:shop@${version} {
      interface orders {
        use wasi:pubsub/types@0.1.0.{event, error};
        on-order: func(${version === '1.2.0' ? ')' : 'message: event) -> result<_, error>'};
      }
    }`;
    const packages = [PACKAGES, ...versions.map(of)].join('\n');
    const world = versions.map((version) => `export acme:shop/orders@${version};`).join('\n');
    const inspection = await inspect(component(wat, world, packages));
    const found = (name: string) => resolveHandler(inspection, name).interface;
    expect(found('acme:shop/orders#on-order')).toBe('acme:shop/orders@1.4.0');
    expect(found('acme:shop/orders@2.0.0#on-order')).toBe('acme:shop/orders@2.0.0');
    expect(found('acme:shop/orders@1.3.0#on-order')).toBe('acme:shop/orders@1.4.0');
    expect(() => found('acme:shop/orders@1.2.0#on-order')).toThrow('found func()');
  });

  test('a component without exports', async () => {
    const inspection = await inspect(bareGuest('(module)'));
    expect(() => resolveHandler(inspection, 'on_message')).toThrow(/it exports no function/);
  });
});

describe('finding a command', () => {
  const exporting = (version: string) =>
    inspect(
      component(
        `(module (func (export "wasi:cli/run@${version}#run") (result i32) (i32.const 0)))`,
        `export wasi:cli/run@${version};`,
        `package test:guest;
         package wasi:pubsub@0.1.0 { interface types { record event { id: string } variant error { timeout } } }
         package wasi:cli@${version} { interface run { run: func() -> result; } }`,
      ),
    );

  test.each(['0.2.0', '0.2.12', '0.3.0', '0.3.0-rc-2026-01-06'])('takes wasi:cli/run@%s', async (version) => {
    const found = { interface: `wasi:cli/run@${version}`, function: 'run' };
    expect(resolveCommand(await exporting(version))).toEqual(found);
  });

  test('refuses a version that it does not run, and finds none where there is none', async () => {
    const inspection = await exporting('1.0.0');
    expect(() => resolveCommand(inspection)).toThrow(/exports wasi:cli\/run@1\.0\.0: this host runs .* 0\.2 and 0\.3/);
    expect(resolveCommand(await inspect(syncGuest()))).toBeUndefined();
  });
});
