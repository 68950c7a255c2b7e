import stringWidth from 'string-width';

/** Nearly all there is, and much cheaper to tell. */
const ASCII = /^[ -~]*$/;

/** How many columns of a terminal a printable text on one line takes. */
export function columnsOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  return stringWidth(text);
}

const ELLIPSIS = '…';

/** The text, or as much of its beginning as fits into so many columns with an ellipsis behind it. */
export function cutEnd(text: string, columns: number): string {
  return columnsOf(text) <= columns ? text : `${startOf([...text], columns - 1)}${ELLIPSIS}`;
}

/** The text, or its beginning and more of its end, which tells one name from the other. */
export function cutMiddle(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  const characters = [...text];
  const start = startOf(characters, Math.floor((columns - 1) / 3));
  const end = startOf(characters.toReversed(), columns - 1 - columnsOf(start));
  return `${start}${ELLIPSIS}${[...end].toReversed().join('')}`;
}

function startOf(characters: readonly string[], columns: number): string {
  let left = columns;
  let start = '';
  for (const character of characters) {
    left -= columnsOf(character);
    if (left < 0) break;
    start += character;
  }
  return start;
}
