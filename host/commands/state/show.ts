import type { Holding, RememberedPublisher, RememberedSession } from '../../../src/cli.ts';
import { type OpenApp, withApp } from '../../app.ts';
import { type CommandLine, positionalsOf } from '../../arguments.ts';
import { EXIT } from '../../exit.ts';
import { heldText, ownerText } from '../../held.ts';
import { type InUse, inUse } from '../../in-use.ts';
import { print } from '../../output.ts';
import { printableLine } from '../../printable.ts';
import { sizeText } from '../../words.ts';

const protocolOf = ({ protocol }: RememberedSession) => (protocol === 5 ? '5' : '3.1.1');

function sessionLines(session: RememberedSession, used: InUse): string[] {
  const { clientId, broker, binding, kind, qos, filters, inDoubt } = session;
  const notes = [
    ...(used.session(session) ? [] : ['gone from app.toml: the app ends it at the broker when it starts']),
    ...(inDoubt ? ['in doubt: a connection was begun and not answered yet; the next one subscribes again'] : []),
  ];
  return [
    `  "${clientId}" at ${broker}: binding "${binding}", MQTT ${protocolOf(session)}, qos ${qos}`,
    `    ${kind}: ${filters.join(', ')}`,
    ...notes.map((note) => `    ${note}`),
  ];
}

function publisherLines({ clientId, broker, key, inDoubt }: RememberedPublisher, used: InUse): string[] {
  const notes = [
    ...(used.publisher(key) ? [] : ['gone from app.toml']),
    ...(inDoubt ? ['in doubt: a connection was begun and not answered yet'] : []),
  ];
  return [`  "${clientId}" at ${broker}`, ...notes.map((note) => `    ${note}`)];
}

function section(title: string, lines: readonly string[]): string[] {
  return ['', title, ...(lines.length === 0 ? ['  none'] : lines)];
}

function heldLines(holdings: readonly Holding[], used: InUse): string[] {
  return holdings.map((holding) => {
    const gone = used.holding(holding) ? '' : ', gone from app.toml';
    return `  ${ownerText(holding)}${gone}: ${heldText(holding)}`;
  });
}

function textOf({ config, journal }: OpenApp): string {
  const used = inUse(config, journal);
  const holdings = journal.holdings();
  const size = `${sizeText(journal.size().bytes)} of ${sizeText(config.stateMax)}`;
  const forget = `"host state forget ${config.file}" deletes what is held for what is gone from app.toml`;
  const lines = [
    `state of ${config.file} in ${config.stateDir}`,
    `  identity  ${journal.instance}`,
    `  size      ${size} (state_max): spilled messages, unsent publishes, dead letters`,
    ...section(
      'subscriber sessions',
      journal.sessions().flatMap((session) => sessionLines(session, used)),
    ),
    ...section(
      'publisher sessions',
      journal.publishers().flatMap((session) => publisherLines(session, used)),
    ),
    ...section('held', heldLines(holdings, used)),
    ...(holdings.every((holding) => used.holding(holding)) ? [] : ['', forget]),
  ];
  return `${lines.map(printableLine).join('\n')}\n`;
}

function sessionJson(session: RememberedSession, used: InUse): object {
  const { clientId, broker, binding, kind, qos, filters, subscribed, inDoubt } = session;
  const protocol = protocolOf(session);
  return { clientId, broker, binding, kind, protocol, qos, filters, subscribed, inDoubt, gone: !used.session(session) };
}

/** Without the key of a publisher session, which holds a certificate. */
function holdingJson(holding: Holding, used: InUse): object {
  const gone = !used.holding(holding);
  if (holding.kind === 'binding') return { ...holding, gone };
  const { kind, name, broker, unsent, parked } = holding;
  return { kind, name, broker, unsent, parked, gone };
}

/** Names do not change between releases. */
function jsonOf({ config, journal }: OpenApp): string {
  const used = inUse(config, journal);
  const { bytes, spilled, unsent, deadLetters } = journal.size();
  const document = {
    file: config.file,
    stateDir: config.stateDir,
    instance: journal.instance,
    size: { bytes, max: config.stateMax, spilled, unsent, deadLetters },
    sessions: journal.sessions().map((session) => sessionJson(session, used)),
    publishers: journal
      .publishers()
      .map(({ clientId, broker, key, inDoubt }) => ({ clientId, broker, inDoubt, gone: !used.publisher(key) })),
    holdings: journal.holdings().map((holding) => holdingJson(holding, used)),
  };
  return `${JSON.stringify(document)}\n`;
}

/** `host state show`: what the journal of a running or stopped app holds, and for whom. */
export async function show(line: CommandLine): Promise<number> {
  const [file = ''] = positionalsOf(line, ['app.toml']);
  await print(await withApp(line, file, line.json ? jsonOf : textOf));
  return EXIT.ok;
}
