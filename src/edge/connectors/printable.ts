import { stripVTControlCharacters } from 'node:util';

/** Hostile text made fit for messages and logs: no escape sequences and no control characters but newline and tab. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}
