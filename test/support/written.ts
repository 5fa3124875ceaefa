/**
 * `text` with what stands between the markers of a command replaced.
 * @throws {Error} where it has no markers.
 */
export function withWritten(text: string, command: string, written: string): string {
  const [begin, end] = [`<!-- written by ${command} -->`, `<!-- end of what ${command} wrote -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`expected "${begin}" and "${end}", in this order`);
  return `${text.slice(0, from)}${begin}\n\n${written}\n\n${text.slice(to)}`;
}
