import { type Contract, contract, WASI_VERSION } from '../contract.ts';
import { refused, refusedResource } from '../refusal.ts';

const refuse = refused('access', 'guests have no file system');

const DESCRIPTOR_METHODS = [
  'readViaStream',
  'writeViaStream',
  'appendViaStream',
  'advise',
  'syncData',
  'getFlags',
  'getType',
  'setSize',
  'setTimes',
  'read',
  'write',
  'readDirectory',
  'sync',
  'createDirectoryAt',
  'stat',
  'statAt',
  'setTimesAt',
  'linkAt',
  'openAt',
  'readlinkAt',
  'removeDirectoryAt',
  'renameAt',
  'symlinkAt',
  'unlinkFileAt',
  'isSameObject',
  'metadataHash',
  'metadataHashAt',
];

/** `wasi:filesystem`: no preopened directory, so no descriptor can be had; every operation fails with `access`. */
export const wasiFilesystem: readonly Contract[] = [
  contract('wasi:filesystem/preopens', WASI_VERSION, () => ({ getDirectories: () => [] })),
  contract('wasi:filesystem/types', WASI_VERSION, () => ({
    Descriptor: refusedResource(DESCRIPTOR_METHODS, refuse),
    DirectoryEntryStream: refusedResource(['readDirectoryEntry'], refuse),
    filesystemErrorCode: () => undefined,
  })),
];
