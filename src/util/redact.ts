const MASK = '***';

/**
 * What secrets look like in command lines, logs and errors of training machines. Prefixes as their
 * makers document them: Slack xox./xapp, Hugging Face hf_, GitHub gh?_, OpenAI-like sk-, AWS AKIA.
 */
const BUILT_IN: readonly RegExp[] = [
  /\bxox[abeoprs]-[\w-]{8,}/g,
  /\bxapp-[\w-]{8,}/g,
  /\bhf_[A-Za-z0-9]{16,}/g,
  /\bgh[opsru]_[A-Za-z0-9]{20,}/g,
  /\bsk-[\w-]{16,}/g,
  /\bAKIA[A-Z0-9]{12,}/g,
  /(?<=\/services\/)[A-Za-z0-9]+\/[A-Za-z0-9]+\/[A-Za-z0-9]+/g,
  /(?<=\/api\/(?:v\d+\/)?webhooks\/\d{1,30}\/)[\w-]+/g,
  /(?<=[a-z]:\/\/[^\s:/@]{1,100}:)[^\s@/]+(?=@)/g,
  /(?<=\bbearer\s)[^\s"',;&]{4,}/gi,
  /(?<=(?:api[_-]?key|token|secret|password|passwd)["']?\s{0,3}[=:]\s{0,3}["']?)[^\s"',;&]{4,}/gi,
  // An option of a command line and its value.
  /(?<=--?[\w-]{0,40}(?:api[_-]?key|token|secret|password|passwd)\s{1,3}["']?)[^\s"',;&-][^\s"',;&]{3,}/gi,
];

/** Shorter values would mask ordinary words. */
const SHORTEST_SECRET = 6;

/**
 * A function that masks the given secret values, what the built-in patterns find, and what the
 * user's patterns find.
 * @param patterns valid regular expressions (checked where the configuration is read)
 */
export function createRedactor(secrets: readonly string[], patterns: readonly string[]): (text: string) => string {
  const own = patterns.map((pattern) => new RegExp(pattern, 'gu'));
  const values = [...new Set(secrets)]
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let masked = text;
    for (const secret of values) masked = masked.replaceAll(secret, MASK);
    for (const pattern of [...BUILT_IN, ...own]) masked = masked.replace(pattern, MASK);
    return masked;
  };
}
