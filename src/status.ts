import type { LogLevel, MqttVersion, QoS } from './types.ts';

/** Everything that the host tells the outside: logs, and later metrics and the library's status, derive from it. */
export type HostStatus =
  | { readonly kind: 'notice'; readonly level: LogLevel; readonly text: string; readonly binding?: string | undefined }
  | {
      readonly kind: 'connected';
      readonly binding: string;
      readonly role: 'subscriber' | 'publisher';
      readonly broker: string;
      readonly protocol: MqttVersion;
      readonly resumed: boolean;
      readonly clientId: string;
    }
  | {
      readonly kind: 'disconnected';
      readonly binding: string;
      readonly role: 'subscriber' | 'publisher';
      readonly broker: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'retrying';
      readonly binding: string;
      readonly role: 'subscriber' | 'publisher';
      readonly broker: string;
      readonly reason: string;
      readonly delay: number;
    }
  | { readonly kind: 'subscribed'; readonly binding: string; readonly filters: readonly string[]; readonly qos: QoS }
  | { readonly kind: 'received'; readonly binding: string; readonly topic: string; readonly qos: QoS }
  | {
      readonly kind: 'handled';
      readonly binding: string;
      readonly topic: string;
      readonly attempt: number;
      readonly milliseconds: number;
    }
  | {
      readonly kind: 'failed-attempt';
      readonly binding: string;
      readonly topic: string;
      readonly attempt: number;
      readonly of: number;
      readonly error: string;
      readonly retryIn: number;
    }
  | { readonly kind: 'lost-attempt'; readonly binding: string; readonly topic: string; readonly error: string }
  | {
      readonly kind: 'dead-letter';
      readonly binding: string;
      readonly topic: string;
      readonly attempts: number;
      readonly error: string;
    }
  | {
      readonly kind: 'dropped';
      readonly binding: string;
      /** `duplicate`: an event that `dedup` remembers as handled. */
      readonly reason: 'window-full' | 'no-filter' | 'duplicate';
      readonly count: number;
    }
  /** The broker sent a message again: it was under way still (`running`), or its marker says that it was handled. */
  | { readonly kind: 'repeat'; readonly binding: string; readonly topic: string; readonly found: 'running' | 'marker' }
  /** Messages behind one that is retried were taken from the window into the journal. */
  | { readonly kind: 'spilled'; readonly binding: string; readonly topic: string; readonly count: number }
  /** A publisher session was lost, or may have been: how many of its publishes may be repeated or lost for that. */
  | {
      readonly kind: 'session-lost';
      readonly binding: string;
      readonly broker: string;
      readonly mayRepeat: number;
      readonly mayBeLost: number;
    }
  /** A journaled publish became a dead letter; `parked`: it may have been delivered. */
  | {
      readonly kind: 'publish-dead-letter';
      readonly binding: string;
      readonly topic: string;
      readonly error: string;
      readonly parked: boolean;
    }
  /** A journaled publish was dropped: its expiry was over before its broker could be reached. */
  | { readonly kind: 'publish-expired'; readonly binding: string; readonly topic: string }
  /** Intake of every binding stops, or goes on. */
  | { readonly kind: 'intake'; readonly state: 'stopped' | 'resumed'; readonly reason: string }
  | { readonly kind: 'published'; readonly topic: string; readonly qos: QoS; readonly broker: string }
  | { readonly kind: 'publish-failed'; readonly topic: string; readonly error: string }
  | { readonly kind: 'worker'; readonly event: 'ended' | 'replaced'; readonly reason: string }
  | {
      readonly kind: 'guest-output';
      readonly stream: 'stdout' | 'stderr' | 'log';
      readonly level: LogLevel;
      readonly context: string;
      readonly text: string;
    }
  | { readonly kind: 'started'; readonly app: string; readonly component: string; readonly milliseconds: number }
  | { readonly kind: 'draining'; readonly reason: string }
  | { readonly kind: 'stopped'; readonly reason: string };

/** In a stream of statuses: how many its reader missed because it reads too slowly; older than what follows. */
export interface MissedStatuses {
  readonly kind: 'missed';
  readonly count: number;
}

/** What a stream of statuses holds: statuses of the kinds asked for, and what was missed. */
export type Status<K extends HostStatus['kind'] = HostStatus['kind']> =
  | Extract<HostStatus, { readonly kind: K }>
  | MissedStatuses;

/** Is told everything. It is called on the path of each message, so it returns at once and never throws. */
export interface Telemetry {
  report(status: HostStatus): void;
  /** Whether a log line of that level would be written: lets hot paths skip building one. */
  wants(level: LogLevel): boolean;
}
