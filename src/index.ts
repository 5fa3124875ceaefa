/** The public interface: what the README's table lists, and nothing else. */

export type { CommandEnd } from './app/command.ts';
export { createHost, type Host, type HostOptions } from './app/library.ts';
export { type EmbeddedBroker, type EmbeddedBrokerOptions, startEmbeddedBroker } from './broker/index.ts';
export type {
  Broker,
  Connected,
  Driver,
  Publisher,
  PublisherOptions,
  PublisherSink,
  Subscriber,
  SubscriberOptions,
  SubscriberSink,
  SubscriptionChange,
} from './broker.ts';
export {
  type AppDocument,
  type BindingConfig,
  type BindingDocument,
  type CapabilityDocument,
  type DriverInfo,
  type GuestConfig,
  type GuestDocument,
  type HostConfig,
  type LoadOptions,
  loadConfig,
  type Origin,
  type RetryConfig,
  type RetryDocument,
  type TelemetryConfig,
  type TelemetryDocument,
  type TlsDocument,
  type WillDocument,
} from './config/index.ts';
export { HostError, type HostErrorCode } from './errors.ts';
export { encodeOutgoing } from './events/index.ts';
export type { CallContext, CustomFunction, CustomInterface } from './guest.ts';
export { WitError } from './interfaces/wit-error.ts';
export type { Outbox, OutboxRow, OutgoingEvent } from './journal.ts';
export type { HostStatus, MissedStatuses, Status, Telemetry } from './status.ts';
export { matches } from './topics.ts';
export type {
  AttributeValue,
  BrokerAddress,
  ConnectionOptions,
  IncomingMessage,
  LogLevel,
  MessageProperties,
  MqttVersion,
  OutgoingMessage,
  PubsubError,
  PubsubEvent,
  QoS,
  Result,
  TlsOptions,
  Will,
  WireMessage,
} from './types.ts';
