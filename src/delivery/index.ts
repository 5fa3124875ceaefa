export { type Attempts, HandlerCalls } from './attempts.ts';
export { CallPull } from './call-pull.ts';
export { errorText } from './decision.ts';
export { Dispatcher } from './dispatcher.ts';
export { Farewell } from './farewell.ts';
export { Mailbox } from './mailbox.ts';
export { Reception } from './reception.ts';
export { bindingWarnings, type ComponentFacts, type Role, roleOf } from './settle.ts';
export type { SessionIdentity } from './subscription.ts';
