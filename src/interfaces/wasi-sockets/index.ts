import { type Contract, contract, WASI_VERSION } from '../contract.ts';
import { refused, refusedResource } from '../refusal.ts';

const refuse = refused('access-denied', 'guests have no network');

const SOCKET_METHODS = [
  'startBind',
  'finishBind',
  'localAddress',
  'remoteAddress',
  'addressFamily',
  'receiveBufferSize',
  'setReceiveBufferSize',
  'sendBufferSize',
  'setSendBufferSize',
  'subscribe',
];

const TCP_METHODS = [
  ...SOCKET_METHODS,
  'startConnect',
  'finishConnect',
  'startListen',
  'finishListen',
  'accept',
  'isListening',
  'setListenBacklogSize',
  'keepAliveEnabled',
  'setKeepAliveEnabled',
  'keepAliveIdleTime',
  'setKeepAliveIdleTime',
  'keepAliveInterval',
  'setKeepAliveInterval',
  'keepAliveCount',
  'setKeepAliveCount',
  'hopLimit',
  'setHopLimit',
  'shutdown',
];

const UDP_METHODS = [...SOCKET_METHODS, 'stream', 'unicastHopLimit', 'setUnicastHopLimit'];

/** A token that grants nothing: what takes it refuses. */
class Network {}

/** `wasi:sockets`: no socket can be made and no name looked up; both fail with `access-denied`. */
export const wasiSockets: readonly Contract[] = [
  contract('wasi:sockets/network', WASI_VERSION, () => ({ Network, networkErrorCode: () => undefined })),
  contract('wasi:sockets/instance-network', WASI_VERSION, () => ({ instanceNetwork: () => new Network() })),
  contract('wasi:sockets/ip-name-lookup', WASI_VERSION, () => ({
    resolveAddresses: refuse,
    ResolveAddressStream: refusedResource(['resolveNextAddress', 'subscribe'], refuse),
  })),
  contract('wasi:sockets/tcp', WASI_VERSION, () => ({ TcpSocket: refusedResource(TCP_METHODS, refuse) })),
  contract('wasi:sockets/tcp-create-socket', WASI_VERSION, () => ({ createTcpSocket: refuse })),
  contract('wasi:sockets/udp', WASI_VERSION, () => ({
    UdpSocket: refusedResource(UDP_METHODS, refuse),
    IncomingDatagramStream: refusedResource(['receive', 'subscribe'], refuse),
    OutgoingDatagramStream: refusedResource(['checkSend', 'send', 'subscribe'], refuse),
  })),
  contract('wasi:sockets/udp-create-socket', WASI_VERSION, () => ({ createUdpSocket: refuse })),
];
