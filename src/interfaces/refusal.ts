import { WitError } from './wit-error.ts';

/** A function that always fails with the typed error `payload`. */
export function refused(payload: unknown, message: string): () => never {
  return () => {
    throw new WitError(payload, message);
  };
}

/**
 * A resource class that a guest can name but never hold: whatever makes one is refused. Its methods are there because
 * a guest built on a full standard library links them.
 */
export function refusedResource(methods: readonly string[], refuse: () => never): new () => object {
  const Resource = class {};
  for (const method of methods) Object.defineProperty(Resource.prototype, method, { value: refuse });
  return Resource;
}
