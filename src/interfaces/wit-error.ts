/**
 * What an import throws when its WIT type is a `result`: the generated bindings hand `payload` to the guest as the
 * `err` case. Anything else that is thrown ends the call as a trap.
 */
export class WitError<T> extends Error {
  override readonly name = 'WitError';
  readonly payload: T;

  constructor(payload: T, message: string) {
    super(message);
    this.payload = payload;
  }
}

declare const WebAssembly: { readonly RuntimeError: ErrorConstructor };

/** What an import throws to end the call: the instance counts as trapped and is not used again. */
export class GuestTrap extends WebAssembly.RuntimeError {}
