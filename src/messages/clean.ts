/** Plain JSON that templates may read. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Control characters but tab and newline: they steer terminals and break XML. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * Marks that turn the direction of the text around them, so that a line reads as something it does
 * not say (Unicode UAX #9, Trojan Source), and the code points that Unicode reserves for a program's
 * own use, of which values.ts makes its marks.
 */
const DECEPTIVE = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]/g;

const LONE_SURROGATE = /\p{Surrogate}/gu;

/** The text without what no platform shows: control and direction characters, half characters. */
export function cleanText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .replace(CONTROL, '')
    .replace(DECEPTIVE, '')
    .replace(LONE_SURROGATE, '\ufffd');
}

/** On one line: whatever breaks a line becomes a space. */
export function oneLine(text: string): string {
  return text.replace(/[\n\u2028\u2029]+/g, ' ').replaceAll('\t', ' ');
}

/** At most `max` UTF-16 units, with an ellipsis where something was cut; never half a character. */
export function clipText(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, Math.max(0, max - 1)).replace(LONE_SURROGATE, '')}…`;
}

/**
 * A copy of a template's data that holds own properties and clean text only. What is not JSON
 * (functions, undefined, NaN) becomes null.
 */
export function cleanData(value: unknown): Json {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map(cleanData);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [cleanText(key), cleanData(entry)]));
}
