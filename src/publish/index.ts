export { type OpenPublisher, Publishers } from './publishers.ts';
export { createBuffering, createPublishing, type PublishingOptions } from './publishing.ts';
export { describeRoutes, type RouteDescription, routeWarnings } from './routes.ts';
export { attributeBytes, SafeSizes } from './safe-sizes.ts';
export { groupPublishers, type PublisherSession, sameCredentials } from './sessions.ts';
export type { PublishRules } from './surely.ts';
