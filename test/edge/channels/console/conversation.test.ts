import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { CommandHandler } from '../../../../src/domain/ports.ts';
import { createTerminalConversation } from '../../../../src/edge/channels/console/index.ts';
import { heading, message } from '../../../contracts/messages.ts';
import { eventually } from '../../../support/eventually.ts';
import { settle } from '../../../support/manual-clock.ts';

const echo: CommandHandler = async (text, from) => {
  const title = `<${text}> from ${from.channel}/${from.user}`;
  return message({ kind: 'answer', severity: null, title, body: [heading(title)] });
};

function terminal(interactive = false) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let interrupts = 0;
  const conversation = createTerminalConversation({
    ...{ input, output, interactive, color: false, width: 80 },
    interrupt: () => {
      interrupts += 1;
    },
  });
  let shown = '';
  output.on('data', (chunk) => {
    shown += String(chunk);
  });
  return { input, conversation, shown: () => shown, interrupts: () => interrupts };
}

describe('console: conversation', () => {
  for (const [line, command] of [
    ['status', 'status'],
    ['/pylon status', 'status'],
    ['pylon   run configs/a.py', 'run configs/a.py'],
    ['  summary yesterday ', 'summary yesterday'],
    ['/pylon', ''],
    ['pylonstatus', 'pylonstatus'],
  ] as const) {
    it(`reads ${JSON.stringify(line)} as ${JSON.stringify(command)}`, async () => {
      const { input, conversation, shown } = terminal();
      await conversation.start(echo);
      input.end(`${line}\n`);
      await eventually('an answer', () => shown() !== '');
      await conversation.stop();
      assert.equal(shown(), `<${command}> from console/terminal\n\n`);
    });
  }

  it('answers in order and leaves empty lines alone', async () => {
    const { input, conversation, shown } = terminal();
    const held: (() => void)[] = [];
    await conversation.start(async (text, from) => {
      if (text === 'slow') await new Promise<void>((resolve) => held.push(resolve));
      return echo(text, from);
    });
    input.write('slow\n\n   \nquick\n');
    await eventually('the first command', () => held.length === 1);
    await settle();
    assert.equal(shown(), '');
    held[0]?.();
    await eventually('both answers', () => shown().includes('quick'));
    assert.deepEqual(shown().match(/<\w*>/g), ['<slow>', '<quick>']);
    await conversation.stop();
  });

  it('ends at the end of the input, and stops more than once', async () => {
    const { input, conversation, shown } = terminal();
    await conversation.start(echo);
    input.end('status');
    await eventually('an answer', () => shown() !== '');
    await conversation.stop();
    await conversation.stop();
    assert.match(shown(), /<status>/);
  });

  it('reads nothing after it was stopped', async () => {
    const { input, conversation, shown } = terminal();
    await conversation.start(echo);
    await conversation.stop();
    input.write('status\n');
    await settle();
    assert.equal(shown(), '');
  });

  it('prompts a person, and passes Ctrl-C on', async () => {
    const { input, conversation, shown, interrupts } = terminal(true);
    await conversation.start(echo);
    await eventually('a prompt', () => shown().includes('pylon> '));
    input.write('status\r');
    await eventually('the next prompt', () => /<status>[\s\S]*pylon> /.test(shown()));
    input.write('\x03');
    await eventually('the interrupt', () => interrupts() === 1);
    await conversation.stop();
  });

  it('does not prompt a pipe', async () => {
    const { conversation, shown } = terminal();
    await conversation.start(echo);
    await conversation.stop();
    assert.equal(shown(), '');
  });

  it('prints above what is being typed, and shows that again', async () => {
    const { input, conversation, shown } = terminal(true);
    conversation.print('before anyone may type\n');
    await conversation.start(echo);
    input.write('sta');
    await eventually('the echo', () => shown().endsWith('sta'));
    const before = shown().length;
    conversation.print('Run failed\n');
    const after = shown().slice(before);
    assert.ok(after.startsWith('\r\u001b[KRun failed\n'), JSON.stringify(after));
    assert.match(after, /pylon> sta/);
    await conversation.stop();
  });
});
