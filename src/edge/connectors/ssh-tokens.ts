/** What a token of ssh_config(5), TOKENS, stands for, by its letter. */
export type Tokens = Readonly<Record<string, string>>;

/** Those that are not in the table stay as they are, and are named in `unknown`: `%C`. */
export function expandTokens(
  text: string,
  tokens: Tokens,
): { readonly text: string; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  const expanded = text.replace(/%(.)/gsu, (token, letter: string) => {
    if (letter === '%') return '%';
    const value = Object.hasOwn(tokens, letter) ? tokens[letter] : undefined;
    if (value === undefined) unknown.push(token);
    return value ?? token;
  });
  return { text: expanded, unknown };
}
