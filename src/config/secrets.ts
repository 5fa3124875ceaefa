import { EnvText, isTable } from './substitute.ts';

const MASK = '***';

/** The text of a string or of a filled-in variable. */
export function plainText(value: unknown): string | undefined {
  if (value instanceof EnvText) return value.text;
  return typeof value === 'string' ? value : undefined;
}

/** A url with its user and password struck out, also where it is malformed. */
export function maskUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, `$1${MASK}@`);
}

/** Whether the value under this key path must never be shown. */
export function isSecretPath(path: string): boolean {
  return /(?:^|\.)(?:password|tls\.key)$/.test(path);
}

/** Passwords of a url, as written and decoded. */
function urlPasswords(url: string): string[] {
  const written = /^[a-z][a-z0-9+.-]*:\/\/[^:@/]*:(.*)@/is.exec(url)?.[1];
  if (written === undefined || written === '') return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}

function bindingSecrets(binding: unknown): string[] {
  if (!isTable(binding)) return [];
  const { password, url, tls } = binding;
  const urls = (Array.isArray(url) ? url : [url]).flatMap((each) => urlPasswords(plainText(each) ?? ''));
  const key = isTable(tls) ? plainText(tls.key) : undefined;
  const pem = key?.includes('-----BEGIN') === true ? [key] : [];
  return [plainText(password) ?? '', ...urls, ...pem].filter((secret) => secret !== '');
}

/** Every secret that a document writes out, valid or not, so that no message shows one. */
export function collectSecrets(document: unknown): Set<string> {
  const capabilities = isTable(document) && Array.isArray(document.capability) ? document.capability : [];
  const bindings = capabilities.flatMap((capability: unknown) =>
    isTable(capability) && Array.isArray(capability.config) ? (capability.config as unknown[]) : [],
  );
  return new Set(bindings.flatMap(bindingSecrets));
}

/** `text` without the secrets. */
export function strike(text: string, secrets: Iterable<string>): string {
  let struck = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) struck = struck.replaceAll(secret, MASK);
  return struck;
}
