import { Command, CommanderError, Option } from 'commander';
import { startApp } from '../app.ts';
import { answer } from '../commands/answer.ts';
import type { Answer } from '../commands/command.ts';
import type { Config } from '../config/config.ts';
import { effectiveConfig } from '../config/effective.ts';
import { describeProblem, type LoadResult, loadConfig, projectOnlyConfig } from '../config/load.ts';
import { askControl } from '../edge/http/control.ts';
import { LockedError, runningSocket } from '../edge/storage/lock.ts';
import { stateFolder } from '../folders.ts';
import { lookOnce } from '../look.ts';
import { openRenderer } from '../renderer.ts';
import { printJson, printMessage, styleOf, type Terminal } from './output.ts';
import { createProgressLine } from './progress.ts';
import { QUESTIONS, questionText } from './questions.ts';
import { watchConfig } from './reload.ts';

/** Exit statuses; what users' scripts rely on. `interrupted` is that of a shell: 128 and the number of SIGINT. */
export const EXIT = { good: 0, unexpected: 1, usage: 2, failed: 3, interrupted: 130 } as const;

export interface World extends Terminal {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Settles when the process is asked to end. */
  readonly interrupted: Promise<void>;
  readonly interrupt: () => void;
}

/** Options that every question takes, `format` apart; the others are the question's own. */
interface Options extends Readonly<Record<string, unknown>> {
  readonly json?: boolean;
  readonly project?: string;
  readonly format?: 'md' | 'json';
}

/** A configuration that cannot be used; its problems have been printed. */
class BadConfig extends Error {}

/** The process was asked to end before there was an answer. */
class Interrupted extends Error {}

/** Runs one command line. @returns the exit status */
export async function runCli(world: World): Promise<number> {
  let status: number = EXIT.good;
  const program = new Command('pylon')
    .description('Watches training runs and GPU hosts, and tells people what needs them.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => world.out.write(text), writeErr: (text) => world.err.write(text) });

  program
    .command('start')
    .description('watch, until interrupted')
    .action(async () => {
      await start(world);
    });

  for (const question of QUESTIONS) {
    const { name, argument, description, options } = question;
    const command = program.command(argument === null ? name : `${name} ${argument}`).description(description);
    for (const option of options) command.option(`--${option.name} <${option.value}>`, option.description);
    command.option('--json', 'one JSON object on standard output');
    command.option('--project <dir>', 'look at this project only, once, without a configuration; writes nothing');
    if (name === 'summary')
      command.addOption(new Option('--format <format>', 'Markdown or JSON').choices(['md', 'json']));
    command.action(async () => {
      const given: Options = command.opts();
      status = await answerQuestion(world, questionText(question, command.args, given), given);
    });
  }

  program
    .command('config')
    .description('the configuration in effect, secrets masked')
    .action(() => {
      world.out.write(effectiveConfig(use(world, load(world, {}))));
    });

  try {
    await program.parseAsync([...world.argv], { from: 'user' });
    return status;
  } catch (error) {
    return exitStatus(error, world);
  }
}

function exitStatus(error: unknown, { err }: World): number {
  if (error instanceof BadConfig) return EXIT.usage;
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.usage;
  const message = error instanceof Error ? error.message : String(error);
  err.write(`pylon: ${message}\n`);
  return error instanceof LockedError ? EXIT.usage : EXIT.unexpected;
}

function load({ cwd, env }: World, { project }: Options): LoadResult {
  return project === undefined ? loadConfig({ cwd, env }) : projectOnlyConfig({ cwd, env }, project);
}

function use({ err }: World, result: LoadResult): Config {
  if (result.ok) return result.config;
  for (const problem of result.problems) err.write(`${describeProblem(problem)}\n`);
  throw new BadConfig();
}

async function start(world: World): Promise<void> {
  const interactive = world.input.isTTY === true && world.out.isTTY === true;
  const reload = (): LoadResult => load(world, {});
  const first = reload();
  use(world, first);
  for (let loaded: LoadResult | null = first; loaded?.ok; ) {
    const { config, notices } = loaded;
    for (const notice of notices) world.err.write(`${describeProblem(notice)}\n`);
    const app = await startApp(config, { ...world, interactive, style: styleOf(world.out, world.env) });
    const watching = watchConfig(config, world.cwd, reload, ({ problems }) => {
      for (const problem of problems) world.err.write(`${describeProblem(problem)}\n`);
      world.err.write('The configuration stays as it was.\n');
    });
    loaded = await Promise.race([world.interrupted.then(() => null), watching.changed]);
    watching.stop();
    await app.stop();
    if (loaded !== null) world.err.write('The configuration has changed; starting with the new one.\n');
  }
}

async function answerQuestion(world: World, text: string, options: Options): Promise<number> {
  const config = use(world, load(world, options));
  const given = await ask(text, config, world, options);
  const json = options.json === true || options.format === 'json';
  const content = { kind: 'answer', severity: null, resolved: false, ...given } as const;
  const renderer = openRenderer(config, (text) => world.err.write(`${text}\n`));
  if (given.template === 'error') printMessage(world.err, renderer.render(content), world.env);
  else if (json) printJson(world.out, given.data);
  else if (options.format === 'md') world.out.write(`${renderer.markdown(content)}\n`);
  else printMessage(world.out, renderer.render(content), world.env);
  return answerStatus(given);
}

/** The exit status that an answer leads to. An error that the asker can cure says how, in its hint. */
export function answerStatus({ template, data, failed }: Answer): number {
  if (template === 'error') return data.hint === null ? EXIT.unexpected : EXIT.usage;
  return failed === true ? EXIT.failed : EXIT.good;
}

/** The running bot knows; without one, or for a project of one's own, one look is taken here. */
async function ask(text: string, config: Config, world: World, { project }: Options): Promise<Answer> {
  const socket = project === undefined ? await runningSocket(stateFolder(config)) : null;
  if (socket !== null) return orInterrupted(askControl(socket, text), world);
  const progress = createProgressLine(world.err);
  const look = await orInterrupted(lookOnce(config, world, progress.show), world).finally(progress.clear);
  try {
    return await orInterrupted(answer(text, look.queries, { ...config.privacy, redact: look.redact }), world);
  } finally {
    await look.close();
  }
}

/** Nobody should wait for a host that hangs when they have pressed Ctrl-C. @throws Interrupted */
function orInterrupted<T>(answered: Promise<T>, { interrupted }: World): Promise<T> {
  const ended = interrupted.then(() => {
    throw new Interrupted();
  });
  return Promise.race([answered, ended]);
}
