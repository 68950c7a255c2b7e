import assert from 'node:assert/strict';
import { createProgressLine } from '../../src/cli/progress.ts';

function line(terminal: { isTTY?: boolean; columns?: number }) {
  let written = '';
  const write = (text: string | Uint8Array): boolean => {
    written += String(text);
    return true;
  };
  return { progress: createProgressLine({ ...terminal, write }), written: () => written };
}

const CLEAR = '\r\x1b[K';

describe('the line of progress', () => {
  it('is drawn over itself, and gone at the end', () => {
    const { progress, written } = line({ isTTY: true, columns: 80 });
    progress.show('gpu1', { done: 1, total: 20 });
    progress.show('gpu1', { done: 20, total: 20 });
    progress.clear();
    progress.clear();
    assert.equal(written(), `${CLEAR}gpu1: 1 of 20 runs read${CLEAR}gpu1: 20 of 20 runs read${CLEAR}`);
  });

  it('is gone when nothing is being read any more', () => {
    const { progress, written } = line({ isTTY: true, columns: 80 });
    progress.show('gpu1', null);
    assert.equal(written(), '');
    progress.show('gpu1', { done: 1, total: 2 });
    progress.show('gpu1', null);
    assert.ok(written().endsWith(CLEAR));
  });

  it('never fills the terminal', () => {
    const { progress, written } = line({ isTTY: true, columns: 12 });
    progress.show('a-long-host', { done: 1, total: 2 });
    assert.equal(written(), `${CLEAR}a-long-hos…`);
  });

  it('is not there where nobody looks', () => {
    const { progress, written } = line({ columns: 80 });
    progress.show('gpu1', { done: 1, total: 2 });
    progress.clear();
    assert.equal(written(), '');
  });
});
