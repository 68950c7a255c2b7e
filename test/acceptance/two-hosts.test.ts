import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Project } from '../../src/domain/run.ts';
import { SHELL_COMMAND } from '../../src/util/shell.ts';
import { eventually } from '../support/eventually.ts';
import { projectSettings } from '../support/make.ts';
import { makeProject, type Trainer } from '../support/pylon-project.ts';
import { needSshd, type Sshd, startSshd } from '../support/sshd.ts';
import { useTempFolder } from '../support/temp.ts';
import { hostAt, type RealMonitor, startMonitor } from './real-monitor.ts';

const exec = promisify(execFile);

/** Times as fast as real: what takes the bot half a minute takes three seconds. */
const RATE = 10;
const INTERVAL = 3_000;
/** A look over a loaded machine takes a second or two, which counts ten times. */
const USUAL_AGE = INTERVAL + 30_000;

type Mode = 'well' | 'endless' | 'hangs' | 'noisy' | 'broken' | 'slow';

/** Runs whatever is asked, and misbehaves before as the file `mode` says. Every command is written down. */
const GATE = `#!/bin/sh
printf '%s\\n' "$SSH_ORIGINAL_COMMAND" >>"\${0%/*}/commands"
case $(cat "\${0%/*}/mode") in
  endless) exec yes "$(printf '\\033[31mred\\033[0m')" ;;
  hangs) exec sleep 600 ;;
  noisy) printf 'Welcome to \\033[1mgpu\\033[0m!\\n== ps ==\\n-- end --\\n\\000\\377\\n'; head -c 300000 /dev/zero | tr '\\0' x ;;
  broken) printf '\\033[31msh: cannot\\a load \\302\\205library\\033[0m\\n' >&2; exit 127 ;;
  slow) touch "\${0%/*}/begun"; sleep 1 ;;
esac
exec sh -c "$SSH_ORIGINAL_COMMAND"
`;

describe('two hosts, of which one misbehaves', function () {
  this.timeout(90_000);
  let good: Sshd;
  let bad: Sshd;
  let monitor: RealMonitor;
  let trainers: Trainer[] = [];
  before(function () {
    needSshd(this);
  });
  afterEach(async () => {
    bad?.resume();
    await monitor?.stop();
    for (const trainer of trainers) await trainer.end();
    trainers = [];
    await Promise.all([good?.stop(), bad?.stop()]);
  });
  const folder = useTempFolder();

  function behave(mode: Mode): void {
    writeFileSync(join(folder.path, 'mode'), mode);
  }

  function gate(): string {
    behave('well');
    writeFileSync(join(folder.path, 'gate'), GATE);
    chmodSync(join(folder.path, 'gate'), 0o755);
    return `ForceCommand ${join(folder.path, 'gate')}`;
  }

  async function project(host: string, name: string, run: string): Promise<Project> {
    const made = makeProject(join(folder.path, name));
    made.addRun(run, 10);
    made.completeEpoch(run, 0);
    made.log(run, 0, '[INFO] 2026-01-15 12:00:00 - Training [Epoch 2/10][Iteration 1/40]. loss: 0.5\n');
    trainers.push(await made.launch(run));
    return projectSettings({
      name,
      root: made.root,
      readFrom: host,
      runsOn: [host],
      sleepTimeMs: 24 * 3_600_000,
      expectedFiles: ['training_losses.pt', 'optimizer_buffer.json', 'validation_scores.json'],
    });
  }

  async function start(run = 'exp/a'): Promise<void> {
    [good, bad] = await Promise.all([startSshd(), startSshd({ config: gate() })]);
    await bad.welcome(good.home);
    monitor = startMonitor({
      hosts: [hostAt('good', good.ssh, INTERVAL), hostAt('bad', bad.ssh, INTERVAL)],
      projects: [await project('good', 'here', 'exp/a'), await project('bad', 'there', run)],
      home: good.home,
      rate: RATE,
    });
    await eventually('both run', () => status('here') === 'running' && status('there') === 'running', 20_000);
  }

  const status = (name: string) => monitor.run(name)?.status;
  const isWell = () => monitor.host('bad').reachable === true && monitor.alertOf('bad') === undefined;

  /** The bad host is lost for this reason, its run stays as it was, and the good host is looked at all the while. */
  async function lostFor(kind: string, message: RegExp): Promise<string> {
    const told = () => monitor.alertOf('bad')?.summary ?? '';
    await eventually(`${kind}, not: ${told()}`, () => message.test(told()), 30_000).catch((error: Error) => {
      throw new Error(`${error.message} (${JSON.stringify(monitor.host('bad').error)}, told: ${told()})`);
    });
    assert.equal(monitor.host('bad').error?.kind, kind);
    const { length } = monitor.samplesOf('good');
    await eventually('the good host is looked at', () => monitor.samplesOf('good').length > length + 1, 20_000);
    assert.deepEqual([monitor.run('there')?.status, monitor.run('there')?.reason], ['running', 'host-unreachable']);
    assert.equal(monitor.host('good').reachable, true);
    return told();
  }

  async function wellAgain(): Promise<void> {
    await eventually('it is well again', isWell, 30_000);
    const there = () => monitor.run('there')?.reason !== 'host-unreachable';
    await eventually('its run is seen again', there, 20_000);
    assert.equal(status('there'), 'running');
  }

  function goodWasFresh(): void {
    const times = monitor.samplesOf('good');
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
    assert.ok(Math.max(...gaps) < USUAL_AGE, `seconds between two looks: ${gaps.map((gap) => gap / 1_000)}`);
    assert.equal(monitor.alertOf('good'), undefined);
    const aboutRuns = monitor.events.filter(({ kind }) => kind.startsWith('run-') && kind !== 'run-added');
    assert.deepEqual(aboutRuns, [], 'no run was told to have changed');
    assert.deepEqual(
      [...new Set(monitor.events.filter(({ kind }) => /^host/.test(kind)).map(({ host }) => host))],
      ['bad'],
    );
  }

  it('is told why it stopped, stood still, or shows another key, and how to mend that', async () => {
    await start();
    await bad.halt();
    await lostFor('unreachable', /refuses connections: no SSH server listens there/);
    await bad.start();
    await wellAgain();

    // In the middle of a look.
    behave('slow');
    await eventually('a look has begun', () => existsSync(join(folder.path, 'begun')));
    await bad.freeze();
    await lostFor('timeout', /did not start a program within|did not answer within|printed nothing within/);
    behave('well');
    bad.resume();
    await wellAgain();

    await bad.swapHostKey();
    const text = await lostFor('host-key-changed', /shows another key than before/);
    const [, cure = ''] = /: (ssh-keygen -f .* -R '[^']*')/.exec(text) ?? [];
    await exec('sh', ['-c', cure]);
    await lostFor('host-key-unknown', /not in known_hosts. If that is its key, .*ssh-keyscan/);
    await bad.welcome(good.home);
    await wellAgain();
    goodWasFresh();
  });

  it('is told why its shell is of no use, and costs nobody else anything', async () => {
    await start();
    behave('noisy');
    const { length } = monitor.samplesOf('bad');
    await eventually('it is read all the same', () => monitor.samplesOf('bad').length > length + 1, 20_000);
    assert.equal(monitor.alertOf('bad'), undefined);

    behave('broken');
    const broken = await lostFor('failed', /its shell does not run the probe: sh: cannot load library$/);
    assert.doesNotMatch(broken, /[\x00-\x1f\x7f-\x9f]/);
    behave('endless');
    await eventually(
      'its output is cut',
      () => /prints without end/.test(monitor.alertOf('bad')?.summary ?? ''),
      30_000,
    );
    assert.ok(monitor.kept().length < 1_000_000, 'next to nothing is kept of it');
    behave('hangs');
    await lostFor('timeout', /took the login, but its shell printed nothing within/);
    behave('well');
    await wellAgain();
    assert.doesNotMatch(monitor.kept(), /\\u00[01][0-9a-f]|[\x7f-\x9f]/);
    goodWasFresh();
  });

  it('gets one constant command, whatever names there are', async () => {
    const run = "exp/$(touch canary)`touch canary`; touch canary'";
    await start(run);
    await eventually('some looks', () => monitor.samplesOf('bad').length > 3, 20_000);
    assert.equal(monitor.run('there')?.config, `configs/${run}.py`);
    const commands = readFileSync(join(folder.path, 'commands'), 'utf8').trimEnd().split('\n');
    assert.deepEqual([...new Set(commands)], [SHELL_COMMAND]);
    const { stdout } = await exec('find', [
      folder.path,
      good.home,
      bad.home,
      process.cwd(),
      '-maxdepth',
      '2',
      '-name',
      'canary',
    ]);
    assert.equal(stdout, '');
  });
});

describe('names of hosts that are no names', () => {
  const home = useTempFolder();

  const canary = () => join(home.path, 'canary');
  const names: readonly ((command: string) => string)[] = [
    (command) => `-oProxyCommand=${command}`,
    (command) => `me@-oProxyCommand=${command}`,
    (command) => `$(${command})`,
    (command) => `$(${command})@gpu1`,
    (command) => `\`${command}\``,
    (command) => `gpu1;${command}`,
    (command) => `gpu1\n${command}`,
    (command) => `gpu1\0${command}`,
    (command) => `gpu1 -o ProxyCommand=${command}`,
    (command) => `gpu1:22|${command}`,
  ];

  it('are refused before anything is run or asked', async () => {
    mkdirSync(join(home.path, '.ssh'));
    writeFileSync(join(home.path, '.ssh', 'config'), `Match exec "touch ${canary()}"\n User x\n`);
    const hosts = names.map((name, index) => hostAt(`gpu${index}`, name(`touch ${canary()}`), 60_000));
    const monitor = startMonitor({ hosts, home: home.path, rate: 1 });
    try {
      for (const { name, error } of await monitor.probe(null)) {
        assert.equal(error?.kind, 'refused-name', name);
        assert.doesNotMatch(error.message, /[\x00-\x1f\x7f]/);
      }
      assert.equal(existsSync(canary()), false);
    } finally {
      await monitor.stop();
    }
  });

  for (const [what, config] of [
    ['HostName', 'HostName -oProxyCommand=COMMAND'],
    ['User', 'User $(COMMAND)'],
    ['ProxyJump', 'ProxyJump -oProxyCommand=COMMAND'],
    ['ProxyCommand', 'ProxyCommand COMMAND'],
  ] as const) {
    it(`are refused where ~/.ssh/config gives an alias a ${what} that runs a command`, async () => {
      mkdirSync(join(home.path, '.ssh'));
      writeFileSync(
        join(home.path, '.ssh', 'config'),
        `Host gpu1\n  ${config.replace('COMMAND', `touch ${canary()}`)}\n`,
      );
      const monitor = startMonitor({ hosts: [hostAt('gpu1', 'gpu1', 60_000)], home: home.path, rate: 1 });
      try {
        const [host] = await monitor.probe(null);
        assert.match(host?.error?.kind ?? '', /^(refused-name|failed)$/);
        assert.equal(existsSync(canary()), false);
      } finally {
        await monitor.stop();
      }
    });
  }
});
