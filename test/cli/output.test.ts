import assert from 'node:assert/strict';
import { styleOf } from '../../src/cli/output.ts';

const styles: [string, { isTTY?: boolean; columns?: number }, Record<string, string>, ReturnType<typeof styleOf>][] = [
  ['a terminal', { isTTY: true, columns: 80 }, {}, { color: true, width: 80, screen: 80 }],
  [
    'a terminal without colours',
    { isTTY: true, columns: 80 },
    { NO_COLOR: '1' },
    { color: false, width: 80, screen: 80 },
  ],
  ['a terminal that does not know its size', { isTTY: true, columns: 0 }, {}, { color: true, width: 100 }],
  ['a pipe, whose tables are whole', {}, {}, { color: false, width: 100 }],
];

describe('how an answer is printed', () => {
  for (const [what, stream, env, expected] of styles) {
    it(`on ${what}`, () => assert.deepEqual(styleOf(stream as NodeJS.WriteStream, env), expected));
  }
});
