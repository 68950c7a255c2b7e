import type { Privacy } from '../core/views/probe-view.ts';
import type { Queries } from '../domain/queries.ts';
import { type Answer, UsageError } from './command.ts';
import { COMMANDS } from './index.ts';

/**
 * Answers what someone wrote: `status`, `/pylon summary 2026-11-20`. What is not understood gets the
 * list of commands, and nothing that goes wrong is thrown.
 */
export async function answer(text: string, queries: Queries, privacy: Privacy): Promise<Answer> {
  const words = text.trim().split(/\s+/).filter(Boolean);
  if (words[0] === '/pylon' || words[0] === 'pylon') words.shift();
  const [name = 'help', ...rest] = words;
  const command = COMMANDS.find((known) => known.name === name.toLowerCase());
  if (command === undefined) {
    return { template: 'error', data: { text: `There is no command "${name}".`, hint: hint() }, failed: true };
  }
  try {
    return await command.run(rest, queries, privacy);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const usage = `${command.name} ${command.usage}`.trim();
    return {
      template: 'error',
      data: { text, hint: error instanceof UsageError ? `Usage: ${usage}` : null },
      failed: true,
    };
  }
}

function hint(): string {
  return `Try one of: ${COMMANDS.map((command) => command.name).join(', ')}.`;
}
