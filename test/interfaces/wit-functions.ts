/** What an interface of a WIT text has, in the names that the bindings look up. */
export interface WitInterface {
  /** `namespace:package/interface`. */
  readonly name: string;
  readonly functions: readonly string[];
  readonly resources: ReadonlyMap<string, { readonly methods: readonly string[]; readonly statics: readonly string[] }>;
}

function camel(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function pascal(name: string): string {
  return camel(name).replace(/^[a-z]/, (letter) => letter.toUpperCase());
}

/** The text of the block that opens at `open`, without its braces. */
function block(text: string, open: number): string {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}' && --depth === 0) return text.slice(open + 1, at);
  }
  throw new Error('a brace is not closed');
}

function blocks(text: string, keyword: string): { name: string; body: string; start: number; end: number }[] {
  return [...text.matchAll(new RegExp(String.raw`\b${keyword}\s+%?([a-z0-9-]+)\s*(\{|;)`, 'g'))].map((match) => {
    const open = match.index + match[0].length - 1;
    const body = match[2] === ';' ? '' : block(text, open);
    return { name: match[1] ?? '', body, start: match.index, end: open + body.length + 2 };
  });
}

function functions(text: string, kind: 'func' | 'static func'): string[] {
  const pattern = new RegExp(String.raw`%?\b([a-z0-9-]+):\s*${kind.replace(' ', String.raw`\s+`)}\s*\(`, 'g');
  return [...text.matchAll(pattern)].map((match) => camel(match[1] ?? ''));
}

/** The interfaces of one WIT file that declares one package. */
export function interfacesOf(source: string): WitInterface[] {
  const text = source.replace(/\/\/.*$/gm, '');
  const name = /^package\s+([^@;]+)/m.exec(text)?.[1];
  return blocks(text, 'interface').map((item) => {
    const resources = blocks(item.body, 'resource');
    let rest = item.body;
    for (const { start, end } of resources.toReversed()) rest = rest.slice(0, start) + rest.slice(end);
    return {
      name: `${name}/${item.name}`,
      functions: functions(rest, 'func'),
      resources: new Map(
        resources.map(({ name, body }) => [
          pascal(name),
          { methods: functions(body, 'func'), statics: functions(body, 'static func') },
        ]),
      ),
    };
  });
}
