export { errorText } from './decision.ts';
export { Dispatcher } from './dispatcher.ts';
export { Farewell } from './farewell.ts';
export { PushDelivery } from './push.ts';
export { bindingWarnings, type ComponentFacts, componentFacts, type Role, roleOf } from './settle.ts';
export type { SessionIdentity } from './subscription.ts';
