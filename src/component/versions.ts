/** A WIT interface's name, taken apart: `wasi:cli/run@0.2.6`. */
export interface InterfaceName {
  /** Without the version. */
  readonly name: string;
  readonly version: string | undefined;
}

export function parseInterfaceName(text: string): InterfaceName {
  const at = text.indexOf('@');
  return at < 0 ? { name: text, version: undefined } : { name: text.slice(0, at), version: text.slice(at + 1) };
}

export function formatInterfaceName({ name, version }: InterfaceName): string {
  return version === undefined ? name : `${name}@${version}`;
}

/** What two versions must share to be compatible; a pre-release is compatible with itself alone. */
function compatibilityKey(version: string): string {
  const [release = ''] = version.split('+');
  if (release.includes('-')) return release;
  const [major = '', minor = ''] = release.split('.');
  if (major !== '0') return major;
  return minor === '0' ? release : `0.${minor}`;
}

/**
 * Whether an interface of version `provided` can stand where `wanted` is asked for: the same, or a semver-compatible
 * one (0.x: the same minor; pre-releases exactly), or one of them names none (DESIGN, "The WIT contract").
 */
export function isCompatible(provided: string | undefined, wanted: string | undefined): boolean {
  return provided === undefined || wanted === undefined || compatibilityKey(provided) === compatibilityKey(wanted);
}
