import { type Contract, contract, WASI_VERSION } from '../contract.ts';
import { refused, refusedResource } from '../refusal.ts';
import { fieldsIn } from './fields.ts';
import { OutgoingBody, OutgoingRequest, OutgoingResponse, RequestOptions } from './outgoing.ts';
import { Store } from './store.ts';

const refuse = refused({ tag: 'HTTP-request-denied' }, 'guests have no network');

class IncomingBody extends refusedResource(['stream'], refuse) {
  static readonly finish = refuse;
}

class ResponseOutparam extends refusedResource(['sendInformational'], refuse) {
  static readonly set = refuse;
}

/** The request is the host's by now: nothing else would release it. */
function handle(request: OutgoingRequest): never {
  request[Symbol.dispose]();
  return refuse();
}

const REQUEST_METHODS = ['method', 'pathWithQuery', 'scheme', 'authority', 'headers', 'consume'];

/** `wasi:http`: requests can be made and not sent: `outgoing-handler.handle` fails with `HTTP-request-denied`. */
export const wasiHttp: readonly Contract[] = [
  contract('wasi:http/outgoing-handler', WASI_VERSION, () => ({ handle })),
  contract('wasi:http/types', WASI_VERSION, () => ({
    Fields: fieldsIn(new Store()),
    OutgoingBody,
    OutgoingRequest,
    OutgoingResponse,
    RequestOptions,
    IncomingBody,
    IncomingRequest: refusedResource(REQUEST_METHODS, refuse),
    IncomingResponse: refusedResource(['status', 'headers', 'consume'], refuse),
    FutureIncomingResponse: refusedResource(['subscribe', 'get'], refuse),
    FutureTrailers: refusedResource(['subscribe', 'get'], refuse),
    ResponseOutparam,
    httpErrorCode: () => undefined,
  })),
];
