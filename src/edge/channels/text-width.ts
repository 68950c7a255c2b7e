/** What a terminal shows as wide as two Latin letters: East Asian scripts and emoji (Unicode UAX #11, as far as its properties tell). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
/** What takes no room of its own: marks on the letter before, joiners, variation selectors. */
const NO_WIDTH = /[\p{M}\p{Cf}]/u;

const ASCII = /^[ -~]*$/;

/** How many columns of a terminal a printable text on one line takes. */
export function columnsOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

function widthOf(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
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
    left -= widthOf(character);
    if (left < 0) break;
    start += character;
  }
  return start;
}
