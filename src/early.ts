/** What the command line needs before it knows what it is asked for: small, since nothing else is loaded before it. */

export { startGuestThread } from './app/guest-thread.ts';
export { hostVersion } from './app/version.ts';
export { nearest } from './config/suggest.ts';
export { HostError, messageOf } from './errors.ts';
export { counted } from './words.ts';
