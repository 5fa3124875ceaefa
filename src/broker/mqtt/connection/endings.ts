import { HostError, messageOf } from '../../../errors.ts';
import type { BrokerAddress, MqttVersion } from '../../../types.ts';
import { connackText, keyAtFault, protocolName, reasonText, refusesVersion } from '../wire/reasons.ts';
import type { LinkEnd } from './link.ts';

/** What has to be known about a connection that ended, to say what follows. */
export interface Ending {
  readonly end: LinkEnd;
  readonly binding: string;
  readonly clientId: string;
  readonly address: BrokerAddress;
  readonly protocol: MqttVersion;
  /** Whether a CONNACK had accepted it. */
  readonly accepted: boolean;
}

const TAKEN_OVER = 0x8e;

/** A CONNACK that refuses MQTT 5 itself; a close or a timeout never counts as one. */
export function wantsOlderProtocol({ end, protocol }: Ending): boolean {
  return end.kind === 'refused' && protocol === 5 && refusesVersion(end.code);
}

function hint({ protocol, accepted }: Ending): string {
  if (accepted || protocol === 4) return '';
  return ' before it answered CONNECT (if it does not speak MQTT 5, set protocol = "3.1.1")';
}

/** Why the connection ended or never came to be, in words, without secrets. */
export function describeEnd(ending: Ending): string {
  const { end } = ending;
  switch (end.kind) {
    case 'refused':
      return `the broker refused the connection: ${connackText(end.code, end.reasonString)}`;
    case 'disconnect':
      return `the broker ended the connection: ${reasonText(end.code, end.reasonString)}`;
    case 'closed':
      return `the broker closed the connection${hint(ending)}`;
    case 'no-answer':
      return `${end.text}${hint(ending) === '' ? '' : '; if the broker does not speak MQTT 5, set protocol = "3.1.1"'}`;
    case 'error':
    case 'silent':
    case 'unusable':
      return end.text;
    case 'broken':
      return messageOf(end.cause);
    case 'local':
      return 'closed by this host';
  }
}

/** The error that names a takeover, and the folder copy that is its usual cause. */
export function takeoverError({ binding, address, clientId }: Omit<Ending, 'end'>): HostError {
  return new HostError(
    'ERR_BROKER_TAKEOVER',
    `binding ${binding}: another client connected to ${address.display} with the client id "${clientId}" and took the ` +
      'session over. Each host needs an identity of its own: set another client_id, or, if this folder is a copy of ' +
      'another one, delete the .host folder (state_dir) that was copied with it',
  );
}

/** The error of an ending that trying again cannot mend, or undefined where it may. */
export function fatalError(ending: Ending): HostError | undefined {
  const { end, binding, address, protocol } = ending;
  const where = `binding ${binding}: broker ${address.display}`;
  switch (end.kind) {
    case 'disconnect':
      return end.code === TAKEN_OVER ? takeoverError(ending) : undefined;
    case 'refused': {
      const key = keyAtFault(end.code);
      if (key === undefined) return undefined;
      const text = connackText(end.code, end.reasonString);
      return new HostError(
        'ERR_BROKER_REFUSED',
        `${where} refused the connection over ${protocolName(protocol)}: ${text}; check the key \`${key}\``,
      );
    }
    case 'unusable':
      return new HostError(
        'ERR_CONFIG_INVALID',
        `${where}: the connection settings cannot be used: ${end.text}; check tls.ca, tls.cert and tls.key`,
        { cause: end.cause },
      );
    case 'broken':
      if (end.cause instanceof HostError) return end.cause;
      return new HostError('ERR_INTERNAL', `${where}: ${messageOf(end.cause)}`, { cause: end.cause });
    default:
      return undefined;
  }
}
