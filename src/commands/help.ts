import type { Command } from './command.ts';

/** Lists the commands it is given, itself included. */
export function helpFor(commands: readonly Command[]): Command {
  const help: Command = {
    name: 'help',
    description: 'this list',
    usage: '',
    async run() {
      const list = [...commands, help].map(({ name, description, usage }) => ({ name, description, usage }));
      return { template: 'help', data: { commands: list } };
    },
  };
  return help;
}
