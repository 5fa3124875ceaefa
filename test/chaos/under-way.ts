/** Messages of clients that were under way at qos 1 or 2, by how far they had come. */
export interface UnderWay {
  /** Handed to the client, which had answered nothing. */
  readonly handling: number;
  /** The client had sent PUBREC, and no PUBCOMP. */
  readonly recorded: number;
  /** Published by the client, not answered. */
  readonly sent: number;
  /** Published by the client, which had got PUBREC and no PUBCOMP. */
  readonly received: number;
}

export const PHASES = ['handling', 'recorded', 'sent', 'received'] as const satisfies readonly (keyof UnderWay)[];

export const isUnderWay = (held: UnderWay): boolean => PHASES.some((phase) => held[phase] > 0);

/** Adds up, phase by phase. */
export function sumOf(all: readonly UnderWay[]): UnderWay {
  const sum = (of: (each: UnderWay) => number) => all.reduce((total, each) => total + of(each), 0);
  return {
    handling: sum(({ handling }) => handling),
    recorded: sum(({ recorded }) => recorded),
    sent: sum(({ sent }) => sent),
    received: sum(({ received }) => received),
  };
}
