/** MQTT topic names and topic filters [MQTT 5, 4.7]. */

const MAX_BYTES = 65_535;
const WILDCARDS = /[+#]/;
/** Topics that most have, of which nothing else has to be asked. */
const PLAIN = /^[ -"$-*,-~]{1,256}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: U+0000 is what the specification forbids [MQTT-4.7.3-2]
const NUL = /\u0000/;

function commonFault(text: string, what: string): string | undefined {
  if (text === '') return `a ${what} must not be empty`;
  if (NUL.test(text)) return `a ${what} must not contain the null character`;
  if (!text.isWellFormed()) return `a ${what} must be well-formed Unicode`;
  if (Buffer.byteLength(text) > MAX_BYTES) return `a ${what} must not be longer than ${MAX_BYTES} bytes`;
  return undefined;
}

/** Why `topic` is no topic name, or undefined when it is one. */
export function topicFault(topic: string): string | undefined {
  if (PLAIN.test(topic)) return undefined;
  if (WILDCARDS.test(topic)) return 'a topic to publish to must not contain "+" or "#"';
  return commonFault(topic, 'topic');
}

/** Why `filter` is no topic filter, or undefined when it is one. */
export function filterFault(filter: string): string | undefined {
  const fault = commonFault(filter, 'filter');
  if (fault !== undefined) return fault;
  const levels = filter.split('/');
  for (const [index, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1))
      return '"#" must be a whole level, and the last one';
    if (level.includes('+') && level !== '+') return '"+" must be a whole level';
  }
  return undefined;
}

/** Whether a topic name matches a filter; wildcards at the first level do not match `$` topics [MQTT-4.7.2-1]. */
export function matches(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  if (topic.startsWith('$') && WILDCARDS.test(filter[0] ?? '')) return false;
  // Level by level, without making strings: this runs for every message.
  let [f, t] = [0, 0];
  for (;;) {
    const levelEnd = endOfLevel(filter, f);
    if (levelEnd - f === 1 && filter[f] === '#') return true;
    if (t > topic.length) return false;
    const topicEnd = endOfLevel(topic, t);
    if (!(levelEnd - f === 1 && filter[f] === '+')) {
      if (levelEnd - f !== topicEnd - t) return false;
      for (let i = 0; f + i < levelEnd; i++) if (filter.charCodeAt(f + i) !== topic.charCodeAt(t + i)) return false;
    }
    if (levelEnd === filter.length) return topicEnd === topic.length;
    // Beyond the end of a topic only "#" matches: its parent level, too.
    [f, t] = [levelEnd + 1, topicEnd + 1];
  }
}

/** Says of many topics whether one of these filters matches; where all of a filter but a last "#" is text, quickly. */
export function matcher(filters: readonly string[]): (topic: string) => boolean {
  const all = filters.map(matcherOf);
  const [first] = all;
  if (first !== undefined && all.length === 1) return first;
  return (topic) => all.some((one) => one(topic));
}

function matcherOf(filter: string): (topic: string) => boolean {
  if (!filter.endsWith('/#') || WILDCARDS.test(filter.slice(0, -1))) return (topic) => matches(filter, topic);
  const start = filter.slice(0, -1);
  // What is not below it may be the level itself.
  return (topic) => topic.startsWith(start) || matches(filter, topic);
}

function endOfLevel(text: string, from: number): number {
  const end = text.indexOf('/', from);
  return end < 0 ? text.length : end;
}

/** Whether some topic name matches both filters. */
export function overlaps(a: string, b: string): boolean {
  const [first, second] = [a[0] ?? '', b[0] ?? ''];
  if ((first === '$' && WILDCARDS.test(second)) || (second === '$' && WILDCARDS.test(first))) return false;
  const left = a.split('/');
  const right = b.split('/');
  for (let i = 0; ; i++) {
    const l = left[i];
    const r = right[i];
    if (l === '#' || r === '#') return true;
    if (l === undefined || r === undefined) return l === r;
    if (l !== '+' && r !== '+' && l !== r) return false;
  }
}

/** The filter of a shared subscription [MQTT 5, 4.8.2]. */
export function sharedFilter(group: string, filter: string): string {
  return `$share/${group}/${filter}`;
}
