import { expect } from 'vitest';
import { type HostConfig, type LoadOptions, parseConfig } from '../../src/config/index.ts';
import { HostError } from '../../src/errors.ts';

export const SPEC = 'specversion = "0.2"\n';

/** A document with one binding at a local broker that subscribes to `a/b`; `extra` are more keys of the binding. */
export function oneBinding(extra = '', top = ''): string {
  return `${SPEC}${top}\n[[capability]]\nname = "pubsub.mqtt"\n[[capability.config]]\nurl = "tcp://localhost"\n${
    /^(queue|topic) =/m.test(extra) ? '' : 'topic = "a/b"\n'
  }${extra}\n`;
}

/** A document with these bindings, each given as its keys. */
export function manyBindings(bindings: readonly string[], top = ''): string {
  const configs = bindings.map((keys) => `[[capability.config]]\n${keys}\n`);
  return `${SPEC}${top}\n[[capability]]\nname = "pubsub.mqtt"\n${configs.join('')}`;
}

/** Nothing of the process's own environment gets in. */
export function parse(text: string, options: LoadOptions = {}): HostConfig {
  return parseConfig(text, '/apps/app.toml', { env: {}, ...options });
}

export function bindingOf(text: string, options?: LoadOptions): HostConfig['bindings'][number] {
  const [binding] = parse(text, options).bindings;
  if (binding === undefined) throw new Error('the document has no binding');
  return binding;
}

export function errorOf(text: string, options?: LoadOptions): HostError {
  try {
    parse(text, options);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(HostError);
    return thrown as HostError;
  }
  throw new Error('the configuration was accepted');
}

/** The blocks of an ERR_CONFIG_INVALID, without the heading. */
export function problemsOf(text: string, options?: LoadOptions): string[] {
  const error = errorOf(text, options);
  expect(error.code).toBe('ERR_CONFIG_INVALID');
  const blocks = error.message.split('\n\n');
  return blocks[0]?.startsWith('/apps/app.toml:') === true ? blocks : blocks.slice(1);
}

/** The only problem of a document. */
export function problemOf(text: string, options?: LoadOptions): string {
  const problems = problemsOf(text, options);
  expect(problems).toHaveLength(1);
  return problems[0] ?? '';
}
