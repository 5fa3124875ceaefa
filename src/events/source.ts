const PLAIN = /^(?!\/\/)[A-Za-z0-9\-._~!$&'()*+,;=@/]+$/;

/**
 * A topic as a URI-reference of the kind "path" (RFC 3986, 4.2); `decodeURIComponent` gives the topic back. Beside
 * what no path may hold, a colon in the first level and a second slash at the start are encoded: they would make the
 * text a scheme or an authority.
 */
export function topicReference(topic: string): string {
  if (PLAIN.test(topic)) return topic;
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
