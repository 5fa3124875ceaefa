const DATA_BASIC = /import\s*\{([^}]*)\}\s*from\s*["']wasi:pubsub\/data-basic(?:@[^"']*)?["']/g;

/**
 * The smallest copy of the contract that has what bundled code imports of `wasi:pubsub/data-basic`, as a path from the
 * root of the checkout: toolchains that import all that a world names would make any guest one that pulls.
 */
export function contractFor(source: string): string {
  const names = [...source.matchAll(DATA_BASIC)].flatMap(([, list = '']) =>
    list.split(',').map((item) => item.trim().split(/\s+as\s+/)[0]),
  );
  if (names.includes('stream')) return 'wit';
  return names.includes('receive') ? 'wit/generated/no-stream' : 'wit/generated/publish-only';
}
