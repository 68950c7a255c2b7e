import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { renderText, textTable } from '../../../src/edge/channels/plain-text.ts';
import {
  code,
  everyNode,
  HOSTILE,
  heading,
  list,
  message,
  oomAlert,
  paragraph,
  table,
  text,
} from '../../contracts/messages.ts';

const PLAIN = { color: false, width: 60 };

describe('channels: plain text', () => {
  it('reads well', () => {
    assert.equal(
      renderText(everyNode(), PLAIN),
      [
        '🔴 Every node',
        '',
        'Second-level',
        '',
        'Fifth-level',
        '',
        'plainword strongword emphasisword deletedword inlinecodeword',
        'linkword (https://lab.example/runs)',
        '',
        '• bulletword',
        '• • nestedword',
        '',
        '1. firstword',
        '2. secondword',
        '',
        '    x = "codeword"',
        '',
        '│ quoteword',
        '',
        '────────────────────────────────────────',
        '',
        'GPU       Memory',
        'cellword  78 GiB',
        '',
        'detailword',
        '',
      ].join('\n'),
    );
  });

  it('wraps by columns, of which a wide character takes two', () => {
    const lines = renderText(message({ severity: null, title: '', body: [paragraph('漢字漢字 '.repeat(6).trim())] }), {
      color: false,
      width: 20,
    }).trim();
    assert.deepEqual(lines.split('\n'), ['漢字漢字 漢字漢字', '漢字漢字 漢字漢字', '漢字漢字 漢字漢字']);
  });

  it('wraps at words, within the margin of lists and quotes', () => {
    const long = 'a word and another '.repeat(10).trim();
    const nested = list([list([long])], true);
    const lines = renderText(
      message({ body: [paragraph(long), nested, { type: 'blockquote', children: [nested] }] }),
      PLAIN,
    );
    for (const line of lines.split('\n')) assert.ok(line.length <= 60, line);
    assert.match(lines, /\n1\. • a word[^\n]*\n {5}\w/);
    assert.match(lines, /\n│ 1\. • a word[^\n]*\n│ {6}\w/);
  });

  it('leaves code, tables and long words whole', () => {
    const path = `logs/${'x'.repeat(100)}`;
    const body = [paragraph('see ', path), code(`  ${path}\n${path} ${path}`), table([[path, path]])];
    const lines = renderText(message({ body }), PLAIN).split('\n');
    assert.ok(lines.includes(path));
    assert.ok(lines.includes(`      ${path}`));
    assert.ok(lines.includes(`    ${path} ${path}`));
    assert.ok(lines.includes(`${path}  ${path}`));
  });

  it('keeps a link whose label is its address once', () => {
    const url = 'https://lab.example/';
    const body = [paragraph({ type: 'link', url, children: [text(url)] })];
    assert.equal(renderText(message({ body, severity: null }), PLAIN).split(url).length, 2);
  });

  it('differs in colour only by sequences that end on their line', () => {
    for (const given of [everyNode(), oomAlert()]) {
      const colored = renderText(given, { color: true, width: 60 });
      assert.notEqual(colored, stripVTControlCharacters(colored));
      assert.equal(stripVTControlCharacters(colored), renderText(given, PLAIN));
      for (const line of colored.split('\n')) {
        const codes = line.match(/\x1b\[\d+m/g) ?? [];
        assert.equal(codes.length % 2, 0, JSON.stringify(line));
      }
    }
  });

  it('lets no control character of a value through', () => {
    for (const { value } of HOSTILE) {
      const shown = renderText(message({ title: value, body: [heading(value), paragraph(value), code(value)] }), PLAIN);
      assert.doesNotMatch(shown, /[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
    }
  });

  it('aligns a table by what its columns say, and by what characters take', () => {
    const block = table(
      [['GPU', 'Memory', 'Name'], ['0', '78 GiB', '漢字'], ['10', '1 GiB', 'x', 'one too many'], ['11']],
      ['left', 'right', null],
    );
    assert.ok(block.type === 'table');
    assert.deepEqual(textTable(block.children, block.align), [
      'GPU  Memory  Name',
      '0    78 GiB  漢字',
      '10    1 GiB  x     one too many',
      '11',
    ]);
    assert.deepEqual(textTable([], []), []);
  });
});
