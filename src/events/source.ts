const PLAIN = /^(?!\/\/)[A-Za-z0-9\-._~!$&'()*+,;=@/]+$/;

/** Topics that are as they are as a reference; few come again and again. */
const plain = new Set<string>();
const MOST_PLAIN = 1024;
const LONGEST_PLAIN = 64;

function isPlain(topic: string): boolean {
  if (plain.has(topic)) return true;
  if (!PLAIN.test(topic)) return false;
  if (plain.size < MOST_PLAIN && topic.length <= LONGEST_PLAIN) plain.add(topic);
  return true;
}

/**
 * A topic as a URI-reference of the kind "path" (RFC 3986, 4.2); `decodeURIComponent` gives the topic back. Beside
 * what no path may hold, a colon in the first level and a second slash at the start are encoded: they would make the
 * text a scheme or an authority.
 */
export function topicReference(topic: string): string {
  if (isPlain(topic)) return topic;
  const path = encodeURI(topic.toWellFormed()).replaceAll('?', '%3F').replaceAll('#', '%23');
  const end = path.indexOf('/');
  if (end === -1) return path.replaceAll(':', '%3A');
  if (path.startsWith('//')) return `/%2F${path.slice(2)}`;
  return path.slice(0, end).replaceAll(':', '%3A') + path.slice(end);
}

let last = { appName: '', source: '/' };

/** The source of an event that a guest left without one: `/<name>`. */
export function appSource(appName: string): string {
  if (appName !== last.appName) last = { appName, source: `/${encodeURIComponent(appName.toWellFormed())}` };
  return last.source;
}
