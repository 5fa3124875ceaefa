export { type OpenPublisher, Publishers } from './publishers.ts';
export { createPublishing, type PublishingOptions } from './publishing.ts';
export { describeRoutes, type RouteDescription, routeWarnings } from './routes.ts';
export { groupPublishers, type PublisherSession, sameCredentials } from './sessions.ts';
