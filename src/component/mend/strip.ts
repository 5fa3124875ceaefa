import { Script } from 'node:vm';

const CALL = /^[ \t]*_debugLog\(/gm;

/** The index behind a quoted string or template literal that starts at `start`. */
function skipString(code: string, start: number): number {
  const quote = code[start];
  for (let i = start + 1; i < code.length; i++) {
    const char = code[i];
    if (char === '\\') i++;
    else if (char === quote) return i + 1;
    else if (quote === '`' && char === '$' && code[i + 1] === '{') i = skipBalanced(code, i + 1) - 1;
  }
  return code.length;
}

/** The index behind a comment that starts at `start`; `start` where none does. */
function skipComment(code: string, start: number): number {
  const [open, close] = code.startsWith('//', start) ? ['//', '\n'] : ['/*', '*/'];
  if (!code.startsWith(open, start)) return start;
  const end = code.indexOf(close, start + 2);
  return end < 0 ? code.length : end + close.length;
}

/** The index behind the bracket that closes the one at `start`. */
export function skipBalanced(code: string, start: number): number {
  let depth = 0;
  for (let i = start; i < code.length; ) {
    const char = code[i] ?? '';
    if ('\'"`'.includes(char)) {
      i = skipString(code, i);
      continue;
    }
    const comment = skipComment(code, i);
    if (comment > i) {
      i = comment;
      continue;
    }
    if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char) && --depth === 0) return i + 1;
    i++;
  }
  return code.length;
}

/** How often a part is in generated code. */
export function count(code: string, part: string | RegExp): number {
  return code.split(part).length - 1;
}

/** Whether generated code parses: it is a module whose only module syntax is `export` before a declaration. */
export function parses(code: string): boolean {
  try {
    new Script(code.replace(/^export /gm, ''));
    return true;
  } catch {
    return false;
  }
}

/**
 * Takes the `_debugLog` calls out of generated code: they read the environment and build their arguments at every step
 * of a call, and cost over half of it. Code that would not parse afterwards is returned as it was.
 */
export function stripDebugLog(code: string): string {
  const parts: string[] = [];
  let from = 0;
  for (const match of code.matchAll(CALL)) {
    if (match.index < from) continue;
    const start = match.index + match[0].length - 1;
    parts.push(code.slice(from, match.index), 'void 0');
    from = skipBalanced(code, start);
  }
  parts.push(code.slice(from));
  const stripped = parts.join('');
  return parses(stripped) ? stripped : code;
}
