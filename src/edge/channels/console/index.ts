import type { Channel } from '../../../domain/ports.ts';
import { renderText, type TextStyle } from '../plain-text.ts';

export { renderText, type TextStyle } from '../plain-text.ts';
export { createTerminalConversation } from './conversation.ts';

export interface ConsoleOptions extends TextStyle {
  readonly write: (text: string) => void;
}

/** The terminal the bot runs in: prints each message whole, details included. */
export function createConsole({ write, ...style }: ConsoleOptions): Channel {
  return {
    kind: 'console',
    async send(message) {
      write(`${renderText(message, style)}\n`);
      return {};
    },
  };
}
