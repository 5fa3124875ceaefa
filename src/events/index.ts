export { textFault } from './attributes.ts';
export { textOfId } from './counted-id.ts';
export { type DecodedEvent, decodeEvent } from './decode.ts';
export { contentTypeOf, deliveryInfo } from './delivery-info.ts';
export { type EncodeRequest, encodeEvent } from './encode.ts';
export { freshId } from './fresh-id.ts';
export { encodeOutgoing, type OutgoingRequest, outgoingEvent } from './outgoing.ts';
