import { describe, expect, it } from 'vitest';
import { filterFault, matcher, matches, overlaps, sharedFilter, topicFault } from '../src/topics.ts';

describe('topicFault', () => {
  it.each(['a', '/', 'a/b', 'a//b', ' ', '$SYS/x', 'ü/雪'])('accepts %j', (topic) => {
    expect(topicFault(topic)).toBeUndefined();
  });

  it.each([
    ['', 'empty'],
    ['a/+', '"+" or "#"'],
    ['#', '"+" or "#"'],
    ['a\0b', 'null'],
    ['\ud800', 'Unicode'],
    ['x'.repeat(65_536), '65535 bytes'],
    ['ü'.repeat(32_768), '65535 bytes'],
  ])('refuses %j', (topic, why) => {
    expect(topicFault(topic)).toContain(why);
  });
});

describe('filterFault', () => {
  it.each(['a', '+', '#', 'a/+/b', 'a/#', '+/+', '/+', '$SYS/#'])('accepts %j', (filter) => {
    expect(filterFault(filter)).toBeUndefined();
  });

  it.each(['', 'a#', 'a/#/b', 'a+', '+a/b', 'a/b#', '##'])('refuses %j', (filter) => {
    expect(filterFault(filter)).toBeDefined();
  });
});

// [MQTT 5, 4.7.1 and 4.7.2], the specification's own examples among them.
describe('matches', () => {
  it.each([
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'a/b', true],
    ['#', '$SYS/a', false],
    ['+/a', '$SYS/a', false],
    ['$SYS/#', '$SYS/a', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/b/c', 'a/b', false],
  ])('%j on %j: %s', (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
    expect(matcher([filter])(topic)).toBe(expected);
    expect(matcher(['$none', filter])(topic)).toBe(expected);
  });

  it('says of no topic that one of no filters does', () => {
    expect(matcher([])('a')).toBe(false);
  });
});

describe('overlaps', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'b', false],
    ['a/+', 'a/b', true],
    ['a/+', '+/b', true],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/+', 'a/b/c', false],
    ['#', 'x/y', true],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
    ['a/+/c', 'a/b/+', true],
    ['a/b', 'a', false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(overlaps(a, b)).toBe(expected);
    expect(overlaps(b, a)).toBe(expected);
  });

  it('agrees with matches over all short filters and topics', () => {
    const levels = ['a', 'b', '+'];
    const filters = levels
      .flatMap((one) => [one, `${one}/#`, ...levels.flatMap((two) => [`${one}/${two}`])])
      .concat('#');
    const names = ['a', 'b', 'c'];
    const topics = names.flatMap((one) => [
      one,
      ...names.flatMap((two) => [`${one}/${two}`, ...names.map((three) => `${one}/${two}/${three}`)]),
    ]);
    for (const a of filters) {
      for (const b of filters) {
        const common = topics.some((topic) => matches(a, topic) && matches(b, topic));
        expect([a, b, overlaps(a, b)]).toEqual([a, b, common]);
      }
    }
  });
});

it('writes a shared subscription', () => {
  expect(sharedFilter('group', 'a/+')).toBe('$share/group/a/+');
});
