export { Publishers } from './publishers.ts';
export { createPublishing, type PublishingOptions } from './publishing.ts';
export { describeRoutes, type RouteDescription } from './routes.ts';
export { groupPublishers, type PublisherSession } from './sessions.ts';
