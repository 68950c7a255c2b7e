import { runCli } from './program.ts';

/** Joins a command line to this process: its streams, signals and exit status. */
export async function runProcess(argv: readonly string[]): Promise<void> {
  let interrupt: () => void = () => undefined;
  const interrupted = new Promise<void>((resolve) => {
    interrupt = resolve;
  });
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const { stdout: out, stderr: err, stdin: input, env } = process;
  // A closed pipe or a terminal that is gone ends nothing but what would have been shown there.
  for (const stream of [out, err, input]) stream.on('error', () => undefined);
  process.exitCode = await runCli({ argv, cwd: process.cwd(), env, out, err, input, interrupted, interrupt });
  // A platform's client may hold the process for half a minute after it was stopped.
  input.destroy();
  await Promise.all([flushed(out), flushed(err)]);
  process.exit();
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
