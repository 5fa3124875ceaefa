/**
 * Stable codes of every error that reaches a user. The part after `ERR_` starts with the area, from which the
 * command line takes its exit code.
 */
export type HostErrorCode =
  | 'ERR_USAGE'
  | 'ERR_USAGE_FIXTURE'
  | 'ERR_CONFIG_READ'
  | 'ERR_CONFIG_SYNTAX'
  | 'ERR_CONFIG_INVALID'
  | 'ERR_COMPONENT_READ'
  | 'ERR_COMPONENT_INVALID'
  | 'ERR_COMPONENT_IMPORT'
  | 'ERR_COMPONENT_EXPORT'
  | 'ERR_COMPONENT_UNSAFE'
  | 'ERR_COMPONENT_START'
  | 'ERR_COMPONENT_BUILD'
  | 'ERR_INTERFACE_INVALID'
  | 'ERR_INTERFACE_MODULE'
  | 'ERR_BROKER_REFUSED'
  | 'ERR_BROKER_GRANT'
  | 'ERR_BROKER_TAKEOVER'
  | 'ERR_BROKER_EMBEDDED'
  | 'ERR_BROKER_DRIVER'
  | 'ERR_STATE_DIR'
  | 'ERR_STATE_LOCKED'
  | 'ERR_STATE_DAMAGED'
  | 'ERR_STATE_VERSION'
  | 'ERR_STATE_FULL'
  | 'ERR_STATE_HELD'
  | 'ERR_CACHE_DIR'
  | 'ERR_TELEMETRY_HTTP'
  | 'ERR_TOOLCHAIN'
  | 'ERR_INTERNAL';

/** An error meant for a user: its message says where, what was expected, what was found and how to mend it. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
