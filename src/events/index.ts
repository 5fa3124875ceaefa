export { textFault } from './attributes.ts';
export { type DecodedEvent, decodeEvent } from './decode.ts';
export { deliveryInfo } from './delivery-info.ts';
export { type EncodeRequest, encodeEvent } from './encode.ts';
