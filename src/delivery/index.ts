export { Dispatcher } from './dispatcher.ts';
export { Farewell } from './farewell.ts';
export { PushDelivery } from './push.ts';
export { type ComponentFacts, pullWarning, type Role, roleOf } from './settle.ts';
export { brokerKey, wireFilters } from './subscription.ts';
