import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface PemFile {
  readonly path: string;
  /** Its text. */
  readonly pem: string;
}

function fixture(name: string): PemFile {
  const path = fileURLToPath(new URL(`./certs/${name}`, import.meta.url));
  return { path, pem: readFileSync(path, 'utf8') };
}

/** Made by `certs/make.sh`; `ca` signed `server` (localhost, 127.0.0.1) and `client`, `otherCa` signed nothing. */
export const certificates = {
  ca: fixture('ca.pem'),
  otherCa: fixture('other-ca.pem'),
  server: { cert: fixture('server.pem'), key: fixture('server.key') },
  client: { cert: fixture('client.pem'), key: fixture('client.key') },
};
