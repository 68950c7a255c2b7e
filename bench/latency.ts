import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { startApp } from '../src/app.ts';
import { loadConfig } from '../src/config/load.ts';
import { eventually } from '../test/support/eventually.ts';
import { makeProject, OUT_OF_MEMORY, type PylonProject, type Trainer } from '../test/support/pylon-project.ts';
import { startSshd } from '../test/support/sshd.ts';
import { pause, spread } from './measure.ts';
import type { Figure, Row } from './row.ts';

const DEATHS = 20;

/** By then a follower has looked at the log a first time, and tells of the next change at once. */
const FOLLOWER_STARTS_MS = 1_500;

/** Each host is watched by itself, as a second death on one of them in the same half minute is looked for once a second. */
interface Place {
  /** In pylon.yaml. */
  readonly hosts: readonly string[];
  readonly home: string;
  /** Between two looks of the follower at a log; 0 where it is told of changes. */
  readonly pollMs: number;
}

export const latencyRows: readonly Row<undefined>[] = [
  { name: `log line to message leaving, local file (${DEATHS} deaths)`, goal: 'p50 50 ms, p99 500 ms', measure: local },
  { name: 'the same over SSH', goal: 'p50 200 ms, p99 2 s', measure: overSsh },
];

async function local(): Promise<Figure> {
  return measured({ hosts: ['{name: localhost}'], home: tmpdir(), pollMs: 0 });
}

async function overSsh(): Promise<Figure> {
  const sshd = await startSshd();
  const hosts = Array.from({ length: 4 }, (_, index) => `{name: gpu${index}, ssh: '${sshd.ssh}'}`);
  try {
    return await measured({ hosts, home: sshd.home, pollMs: 200 });
  } finally {
    await sshd.stop();
  }
}

async function measured(place: Place): Promise<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'pylon-bench-'));
  try {
    const times: number[] = [];
    for (let bot = 0; times.length < DEATHS; bot += 1) times.push(...(await deaths(join(folder, `${bot}`), place)));
    return { measured: spread(times), baseline: '90 s on average: looking every 180 s' };
  } finally {
    // The last bot may still be saving its state.
    await pause(1_000);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts a bot, lets a run die on each host, and tells how long each took from its last line to the terminal. */
async function deaths(folder: string, place: Place): Promise<number[]> {
  const projects = place.hosts.map((_, index) => makeProject(join(folder, `pylon${index}`)));
  const trainers: Trainer[] = [];
  let bot: Awaited<ReturnType<typeof startBot>> | null = null;
  try {
    for (const [index, project] of projects.entries()) trainers.push(await train(project, `run${index}`));
    bot = await startBot(folder, place, projects);
    const times: number[] = [];
    for (const [index, project] of projects.entries()) {
      await trainers[index]?.end();
      // Not always at the same place between two looks at the log.
      await pause(Math.random() * place.pollMs);
      times.push(await bot.timeUntil(`configs/run${index}.py`, () => project.log(`run${index}`, 0, OUT_OF_MEMORY)));
    }
    return times;
  } finally {
    await bot?.stop();
    for (const trainer of trainers) await trainer.end();
  }
}

async function train(project: PylonProject, name: string): Promise<Trainer> {
  project.addRun(name, 10);
  project.completeEpoch(name, 0);
  project.log(name, 0, '[INFO] 2026-01-15 12:00:00 - Training [Epoch 2/10][Iteration 1/40]. loss: 0.5\n');
  return project.launch(name);
}

/** The whole bot in this process; resolves once it follows the logs of all projects. */
async function startBot(folder: string, { hosts, home }: Place, projects: readonly PylonProject[]) {
  const cwd = join(folder, 'bot');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'pylon.yaml'), configText(hosts, projects));
  const env = { HOME: home };
  const loaded = loadConfig({ cwd, env });
  if (!loaded.ok) throw new Error(`the configuration of the bench: ${loaded.problems[0]?.message}`);

  let text = '';
  let onText: () => void = () => undefined;
  const out = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      onText();
      done();
    },
  });
  const app = await startApp(loaded.config, {
    out,
    err: new Writable({ write: (_chunk, _encoding, done) => done() }),
    input: new PassThrough(),
    style: { color: false, width: 100 },
    interactive: false,
    env,
    interrupt: () => undefined,
  });
  await eventually('every project was seen', () => projects.every(({ root }) => text.includes(root)), 20_000);
  await pause(FOLLOWER_STARTS_MS);

  return {
    stop: () => app.stop(),
    async timeUntil(config: string, act: () => void): Promise<number> {
      text = '';
      const from = performance.now();
      const told = new Promise<number>((resolve) => {
        onText = () => {
          if (text.includes('Run failed') && text.includes(config)) resolve(performance.now() - from);
        };
      });
      act();
      const late = pause(20_000).then(() => {
        throw new Error(`the end of ${config} was not told within 20 s`);
      });
      return Promise.race([told, late]);
    },
  };
}

function configText(hosts: readonly string[], projects: readonly PylonProject[]): string {
  return [
    'hosts:',
    ...hosts.map((host) => `  - ${host}`),
    'projects:',
    ...projects.map(({ root }, index) => {
      const name = /name: (\w+)/.exec(hosts[index] ?? '')?.[1];
      return `  - {name: lab${index}, root: ${root}, read_from: ${name}, runs_on: [${name}]}`;
    }),
    '',
  ].join('\n');
}
