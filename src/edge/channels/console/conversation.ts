import { createInterface, type Interface } from 'node:readline';
import type { CommandHandler, Conversation } from '../../../domain/ports.ts';
import { renderText, type TextStyle } from '../plain-text.ts';

const PROMPT = 'pylon> ';

export interface TerminalOptions extends TextStyle {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Someone types at a terminal: show a prompt and allow the line to be edited. */
  readonly interactive: boolean;
  /** Ctrl-C at the prompt, which the terminal no longer turns into a signal. */
  readonly interrupt: () => void;
}

export interface TerminalConversation extends Conversation {
  /** Prints between the lines that someone types, and leaves what is half typed as it was. */
  print(text: string): void;
}

/** Back to the start of the line, which is then erased (ECMA-48: CR, EL). */
const CLEAR_LINE = '\r\u001b[K';

/** Commands as lines of text, with or without `/pylon` before them. The end of the input ends the talk, not the bot. */
export function createTerminalConversation(options: TerminalOptions): TerminalConversation {
  const { input, output, interactive, interrupt } = options;
  let lines: Interface | null = null;
  let answered: Promise<void> = Promise.resolve();

  async function answer(line: string, handler: CommandHandler): Promise<void> {
    const command = line.trim().replace(/^\/?pylon(\s+|$)/, '');
    if (line.trim() !== '') {
      const message = await handler(command, { channel: 'console', user: 'terminal' });
      print(`${renderText(message, options)}\n`);
    } else if (interactive) lines?.prompt();
  }

  function print(text: string): void {
    const typing = interactive && lines !== null;
    output.write(typing ? `${CLEAR_LINE}${text}` : text);
    if (typing) lines?.prompt(true);
  }

  return {
    print,
    async start(handler) {
      lines = createInterface(interactive ? { input, output, terminal: true, prompt: PROMPT } : { input });
      lines.on('line', (line) => {
        answered = answered.then(() => answer(line, handler));
      });
      // A terminal that has gone away ends the talk, not the bot.
      lines.on('error', () => lines?.close());
      lines.on('SIGINT', interrupt);
      lines.on('close', () => {
        lines = null;
      });
      if (interactive) lines.prompt();
    },
    async stop() {
      lines?.close();
      await answered;
    },
  };
}
