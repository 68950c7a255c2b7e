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

/** Commands as lines of text, with or without `/pylon` before them. The end of the input ends the talk, not the bot. */
export function createTerminalConversation(options: TerminalOptions): Conversation {
  const { input, output, interactive, interrupt } = options;
  let lines: Interface | null = null;
  let answered: Promise<void> = Promise.resolve();

  async function answer(line: string, handler: CommandHandler): Promise<void> {
    const command = line.trim().replace(/^\/?pylon(\s+|$)/, '');
    if (line.trim() !== '') {
      const message = await handler(command, { channel: 'console', user: 'terminal' });
      output.write(`${renderText(message, options)}\n`);
    }
    if (interactive) lines?.prompt();
  }

  return {
    async start(handler) {
      lines = createInterface(interactive ? { input, output, terminal: true, prompt: PROMPT } : { input });
      lines.on('line', (line) => {
        answered = answered.then(() => answer(line, handler));
      });
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
