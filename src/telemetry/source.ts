/** What the host is asked for when metrics or readiness are read. Called on each read, so it must be cheap. */
export interface MetricsSource {
  /** One entry for each subscribing binding. */
  bindings(): readonly {
    readonly binding: string;
    readonly inFlight: number;
    readonly inFlightBytes: number;
    /** Messages taken from the window into the journal that are not handled yet. */
    readonly spilled: number;
    /** The session is up and its filters are subscribed. */
    readonly subscribed: boolean;
  }[];
  publishers(): readonly {
    readonly binding: string;
    readonly clientId: string;
    readonly online: boolean;
    /** Journaled publishes that the broker has not taken over yet. */
    readonly unsent: number;
  }[];
  /** `undefined` while no journal is open. Sizes are bytes. */
  journal():
    | {
        readonly bytes: number;
        readonly max: number;
        readonly unsent: number;
        readonly spilled: number;
        readonly deadLetters: number;
      }
    | undefined;
  /** Worker threads that run guests. */
  workers(): number;
  /** True when every session is up, the component is loaded and the host is not draining; else why not, without secrets. */
  ready(): { readonly ready: boolean; readonly reasons: readonly string[] };
}
