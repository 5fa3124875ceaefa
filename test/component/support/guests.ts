import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import type { ProvidedInterface } from '../../../src/guest.ts';

/** What the worker of these tests provides. */
export const provided: readonly ProvidedInterface[] = [
  { name: 'wasi:pubsub/types', version: '0.1.0', waits: [] },
  { name: 'wasi:pubsub/data-basic', version: '0.1.0', waits: ['publish'] },
  { name: 'test:host/tools', version: '1.2.3', waits: ['ready'] },
];

export const PACKAGES = `package test:guest;
package wasi:pubsub@0.1.0 {
  interface types {
    record event { id: string, source: string, %type: string, data: list<u8> }
    variant error {
      timeout, connection(string), permission-denied(string), invalid-argument(string), rejected(string), other(string)
    }
  }
  interface data-basic {
    use types.{event, error};
    publish: func(topic: string, message: event) -> result<_, error>;
  }
  interface data-on-message {
    use types.{event, error};
    on-message: func(message: event) -> result<_, error>;
  }
}
package test:host@1.2.3 {
  interface tools {
    print: func(text: string);
    ready: func();
    hoard: func();
    meet: func();
  }
}
`;

const HANDLER_PARAMS = '(param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)';

/**
 * What the guest does by the first letter of the event's type. Results lie at 16: `ok`, or `err` with the case at 20
 * and a text at 24 and 28. Locals 4 and 5 are the type, 0 and 1 the id.
 */
const BEHAVIOUR = `
 (func $fail (param $case i32) (param $at i32) (param $length i32) (result i32)
   (i32.store8 (i32.const 16) (i32.const 1))
   (i32.store8 (i32.const 20) (local.get $case))
   (i32.store (i32.const 24) (local.get $at))
   (i32.store (i32.const 28) (local.get $length))
   (i32.const 16))
 (func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
 (global $count (mut i32) (i32.const 48))
 (func $behave ${HANDLER_PARAMS}
   (local $do i32)
   (local.set $do (i32.load8_u (local.get 4)))
   (global.set $heap (i32.const 4096))
   (i32.store8 (i32.const 16) (i32.const 0))
   (if (i32.eq (local.get $do) (i32.const 101)) (then (return (call $fail (i32.const 5) (i32.const 64) (i32.const 4)))))
   (if (i32.eq (local.get $do) (i32.const 114)) (then (return (call $fail (i32.const 4) (i32.const 68) (i32.const 3)))))
   (if (i32.eq (local.get $do) (i32.const 99)) (then
     (i32.store8 (i32.const 80) (global.get $count))
     (global.set $count (i32.add (global.get $count) (i32.const 1)))
     (return (call $fail (i32.const 5) (i32.const 80) (i32.const 1)))))
   (if (i32.eq (local.get $do) (i32.const 116)) (then (unreachable)))
   (if (i32.eq (local.get $do) (i32.const 108)) (then (loop $for-ever (br $for-ever))))
   (if (i32.eq (local.get $do) (i32.const 115)) (then (drop (call $deep (i32.const 0)))))
   (if (i32.eq (local.get $do) (i32.const 97)) (then
     (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
     (return (call $fail (i32.const 3) (i32.const 64) (memory.size)))))
   (call $extra (local.get $do)
     (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7)))`;

const MEMORY = `
 (memory (export "memory") 1)
 (data (i32.const 64) "boombad")
 (global $heap (mut i32) (i32.const 4096))
 (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
   (local $at i32)
   (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
   (global.set $heap (i32.add (local.get $at) (local.get $size)))
   (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))) (then
     (drop (memory.grow (i32.add (i32.div_u (local.get $size) (i32.const 65536)) (i32.const 1))))))
   (local.get $at))`;

const NO_EXTRA = `(func $extra (param i32) ${HANDLER_PARAMS} (i32.const 16))`;

/** Publishes the event on the topic that its id names (`p`, and `w` after some work), prints for ever (`f`), hoards (`h`), is ready for ever (`y`). */
const EXTRA = `(func $extra (param $do i32) ${HANDLER_PARAMS}
   (local $work i32)
   (if (i32.eq (local.get $do) (i32.const 119)) (then
     (local.set $work (i32.const 3000000))
     (loop $busy (br_if $busy (local.tee $work (i32.sub (local.get $work) (i32.const 1)))))
     (local.set $do (i32.const 112))))
   (if (i32.eq (local.get $do) (i32.const 112)) (then
     (call $publish (local.get 1) (local.get 2) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
       (local.get 5) (local.get 6) (local.get 7) (local.get 8) (i32.const 16))))
   (if (i32.eq (local.get $do) (i32.const 102)) (then
     (loop $for-ever (call $print (local.get 5) (local.get 6)) (br $for-ever))))
   (if (i32.eq (local.get $do) (i32.const 104)) (then (loop $for-ever (call $hoard) (br $for-ever))))
   (if (i32.eq (local.get $do) (i32.const 121)) (then (loop $for-ever (call $ready) (br $for-ever))))
   (if (i32.eq (local.get $do) (i32.const 111)) (then (call $print (local.get 1) (local.get 2))))
   (i32.const 16))`;

const ON_MESSAGE = `(export "wasi:pubsub/data-on-message@0.1.0#on-message" (func $behave))`;

/** A component from the text of a core module and the items of its world. */
export async function component(wat: string, world: string, packages = PACKAGES): Promise<Uint8Array> {
  const witSource = `${packages}\nworld guest {\n use wasi:pubsub/types@0.1.0.{event, error};\n${world}\n}`;
  return componentNew(await componentEmbed({ binary: await parse(wat), witSource, world: 'guest' }), []);
}

/** Imports nothing: transpiled without JSPI. */
export function syncGuest(start = ''): Promise<Uint8Array> {
  const wat = `(module ${MEMORY} ${BEHAVIOUR} ${NO_EXTRA} ${ON_MESSAGE} ${start})`;
  return component(wat, 'export wasi:pubsub/data-on-message@0.1.0;');
}

/** Imports nothing that waits: transpiled without JSPI. It meets another (`m`). */
export function printingGuest(): Promise<Uint8Array> {
  const extra = `(func $extra (param $do i32) ${HANDLER_PARAMS}
   (if (i32.eq (local.get $do) (i32.const 102)) (then
     (loop $for-ever (call $print (local.get 5) (local.get 6)) (br $for-ever))))
   (if (i32.eq (local.get $do) (i32.const 104)) (then (loop $for-ever (call $hoard) (br $for-ever))))
   (if (i32.eq (local.get $do) (i32.const 109)) (then (call $meet)))
   (call $print (local.get 1) (local.get 2)) (i32.const 16))`;
  const wat = `(module (import "test:host/tools@1.2.3" "print" (func $print (param i32 i32)))
    (import "test:host/tools@1.2.3" "hoard" (func $hoard))
    (import "test:host/tools@1.2.3" "meet" (func $meet))
    ${MEMORY} ${BEHAVIOUR} ${extra} ${ON_MESSAGE})`;
  return component(wat, 'import test:host/tools@1.2.3;\nexport wasi:pubsub/data-on-message@0.1.0;');
}

/** Publishes, and so waits: transpiled with JSPI. */
export function waitingGuest(): Promise<Uint8Array> {
  const wat = `(module
    (import "wasi:pubsub/data-basic@0.1.0" "publish"
      (func $publish (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
    (import "test:host/tools@1.2.3" "print" (func $print (param i32 i32)))
    (import "test:host/tools@1.2.3" "hoard" (func $hoard))
    (import "test:host/tools@1.2.3" "ready" (func $ready))
    ${MEMORY} ${BEHAVIOUR} ${EXTRA} ${ON_MESSAGE})`;
  const world = `import wasi:pubsub/data-basic@0.1.0;
    import test:host/tools@1.2.3;
    export wasi:pubsub/data-on-message@0.1.0;`;
  return component(wat, world);
}

/** Publishes, and imports nothing else. It publishes on the topic that its event's id names (`p`), also before it traps (`q`) or fails (`x`). */
export function publishingGuest(): Promise<Uint8Array> {
  const publish = `(call $publish (local.get 1) (local.get 2) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
       (local.get 5) (local.get 6) (local.get 7) (local.get 8) (i32.const 16))`;
  const extra = `(func $extra (param $do i32) ${HANDLER_PARAMS}
   (if (i32.eq (local.get $do) (i32.const 112)) (then ${publish}))
   (if (i32.eq (local.get $do) (i32.const 113)) (then ${publish} (unreachable)))
   (if (i32.eq (local.get $do) (i32.const 120)) (then ${publish}
     (return (call $fail (i32.const 5) (i32.const 64) (i32.const 4)))))
   (i32.const 16))`;
  const wat = `(module
    (import "wasi:pubsub/data-basic@0.1.0" "publish"
      (func $publish (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
    ${MEMORY} ${BEHAVIOUR} ${extra} ${ON_MESSAGE})`;
  const world = 'import wasi:pubsub/data-basic@0.1.0;\nexport wasi:pubsub/data-on-message@0.1.0;';
  return component(wat, world);
}

/** A component whose core module is `wat` and that exports nothing; for what never gets to run. */
export function bareGuest(wat: string): Promise<Uint8Array> {
  return component(wat, '');
}

/** Has a handler by another name, one in an interface of its own, and two exports that are none. */
export function manyExportsGuest(): Promise<Uint8Array> {
  const wat = `(module ${MEMORY} ${BEHAVIOUR} ${NO_EXTRA}
    (export "on-order" (func $behave))
    (export "on-message" (func $behave))
    (export "acme:shop/orders@1.4.0#on-order" (func $behave))
    (func (export "then") (param i32) (result i32) (i32.const 1))
    (func (export "acme:shop/orders@1.4.0#count") (result i32) (i32.const 1)))`;
  const packages = `${PACKAGES}
  package acme:shop@1.4.0 {
    interface orders {
      use wasi:pubsub/types@0.1.0.{event, error};
      on-order: func(message: event) -> result<_, error>;
      count: func() -> u32;
    }
  }`;
  const world = `export on-order: func(message: event) -> result<_, error>;
    export on-message: func(message: event) -> result<_, error>;
    export then: func(x: u32) -> u32;
    export acme:shop/orders@1.4.0;`;
  return component(wat, world, packages);
}
