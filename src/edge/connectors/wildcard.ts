/** Whether a pattern of OpenSSH matches the whole text: `*` is any run of characters, `?` exactly one. */
export function wildcardMatches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[\\^$+.()|[\]{}]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}
