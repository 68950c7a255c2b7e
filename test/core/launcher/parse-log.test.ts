import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parseLauncherLog } from '../../../src/core/launcher/parse-log.ts';
import type { LauncherEvent } from '../../../src/domain/launcher.ts';
import { HOUR } from '../../../src/domain/time.ts';

const SOURCE = { project: 'lab', root: '/home/eve/Pylon', utcOffsetMs: 2 * HOUR };
const TEXT = readFileSync('test/fixtures/launcher/run_agent.log', 'utf8');

/** A line's time in the fixture, on the first or second of April, two hours ahead of UTC. */
const at = (day: 1 | 2, time: string): number => Date.parse(`2026-04-0${day}T${time}+02:00`);

const EXPECTED: readonly object[] = [
  { kind: 'launcher-round', at: at(1, '09:00:01') },
  { kind: 'run-error', at: at(1, '09:00:03'), config: 'configs/exp/unet.py', errorLog: 'logs/exp/unet/error.log' },
  { kind: 'run-launched', at: at(1, '09:00:04'), config: 'configs/exp/unet.py', host: 'eve@box-a.lab', gpu: 1 },
  { kind: 'launcher-round', at: at(1, '10:00:01') },
  {
    kind: 'stuck-removed',
    at: at(1, '10:00:01'),
    runs: [
      { config: "configs/exp/a, 'b'.py", host: 'eve@box-a.lab', pid: 4711 },
      { config: "configs/exp/it's.py", host: 'eve@10.1.2.3:2222', pid: 815 },
    ],
  },
  { kind: 'outdated-cleaned', at: at(1, '10:00:01'), days: 120, workDirs: ['logs/old/one', 'logs/old/two'] },
  {
    kind: 'gpus-disconnected',
    at: at(1, '10:00:02'),
    gpus: { 'eve@box-a.lab': [0, 1], 'eve@10.1.2.3:2222': [3] },
  },
  { kind: 'hosts-disconnected', at: at(1, '10:00:02'), hosts: ['eve@box-a.lab'] },
  { kind: 'launcher-waiting', at: at(1, '10:00:02') },
  {
    kind: 'launcher-error',
    at: at(1, '10:00:09'),
    text: 'SSH to eve@box-a.lab: Connection failed after 3 tries',
  },
  { kind: 'launcher-round', at: at(2, '08:00:00') },
  { kind: 'launcher-progress', at: at(2, '08:00:01'), pct: 31.94 },
  {
    kind: 'stuck-removed',
    at: at(2, '08:00:01'),
    runs: [
      { config: 'configs/exp/unet.py', host: 'eve@box-a.lab', pid: 66298 },
      { config: '/home/eve/nerf/room', host: 'eve@box-a.lab', pid: 7 },
    ],
  },
  { kind: 'run-launched', at: at(2, '08:00:03'), config: 'configs/exp/vit.py', host: 'eve@10.1.2.3:2222', gpu: 0 },
  { kind: 'run-launched', at: at(2, '08:00:04'), config: 'logs/nerf/room', host: 'eve@box-a.lab', gpu: 2 },
  { kind: 'launcher-round', at: at(2, '09:00:00') },
  { kind: 'launcher-progress', at: at(2, '09:00:01'), pct: 100 },
  { kind: 'launcher-done', at: at(2, '09:00:01') },
  { kind: 'launcher-error', at: at(2, '09:00:02'), text: 'cannot write the log: the disk /nfs is full' },
];

function parse(text: string): LauncherEvent[] {
  return parseLauncherLog(text, SOURCE).events;
}

/** What one message says, without its time and project. */
function said(message: string, level = 'INFO'): object | null {
  const [event] = parse(`[${level}] 2026-04-01 09:00:00 - ${message}`);
  if (event === undefined) return null;
  const { at: _, project: __, ...rest } = event;
  return rest;
}

const EXECUTING = 'Executing command on eve@box (GPU-3): tmux new-session -d -s x-GPU-3 ';

describe("the launcher's log", () => {
  it('is read line by line, in the forms of both launchers', () => {
    assert.deepEqual(
      parse(TEXT),
      EXPECTED.map((event) => ({ project: 'lab', ...event })),
    );
  });

  it('may have line ends of Windows', () => {
    assert.deepEqual(parse(TEXT.replaceAll('\n', '\r\n')), parse(TEXT));
  });

  const launched: readonly [string, string][] = [
    ['"python main.py --config-filepath ./configs/a.py"', 'configs/a.py'],
    ['"python main.py --config-filepath=configs/a.py; exec bash"', 'configs/a.py'],
    ["'python main.py --config-filepath configs/a.py'", 'configs/a.py'],
    ['"python main.py --config-filepath \'./configs/a b.py\'"', 'configs/a b.py'],
    ['"python main.py --config-filepath \\"./configs/a b.py\\" | tee log"', 'configs/a b.py'],
    ["\"python r.py --command 'python main.py --config-filepath '\"'\"'configs/a b.py'\"'\"''\"", 'configs/a b.py'],
    ["'python main.py --config-filepath '\\''configs/[a].py'\\'''", 'configs/[a].py'],
    ['"python main.py --config-filepath configs/a.py.bak/b.py"', 'configs/a.py.bak/b.py'],
    ['"python main.py --config-filepath /home/eve/Pylon/configs/exp/../a.py"', 'configs/a.py'],
    ['"python main.py --config-filepath /elsewhere/configs/a.py"', '/elsewhere/configs/a.py'],
    ['"cd x && CUDA_VISIBLE_DEVICES=3 ns-train nerfacto --output_dir=/home/eve/Pylon/logs/n/"', 'logs/n'],
    ['"/opt/bin/ns-train nerfacto --data d --logdir \'logs/my room\'"', 'logs/my room'],
    ['"python r.py --command \'ns-train splatfacto --workspace ~/n\' --work-dir x"', '/home/eve/n'],
  ];
  for (const [command, config] of launched) {
    it(`says that ${config} was launched by ${command}`, () => {
      assert.deepEqual(said(EXECUTING + command), { kind: 'run-launched', config, host: 'eve@box', gpu: 3 });
    });
  }

  const nothing: readonly [string, string, string][] = [
    ['INFO', 'a command without a run', `${EXECUTING}"python other.py configs/a.py"`],
    ['INFO', 'an ns-train without a work dir', `${EXECUTING}"ns-train nerfacto --data d"`],
    ['INFO', 'a flag without a config', `${EXECUTING}"python main.py --config-filepath"`],
    ['INFO', 'a flag that is another', `${EXECUTING}"python main.py --config-filepaths a.py"`],
    ['INFO', 'a path that no system takes', `${EXECUTING}"python main.py --config-filepath ${'a'.repeat(5000)}.py"`],
    ['INFO', 'a command on no GPU', 'Executing command on eve@box: python main.py --config-filepath a.py'],
    ['INFO', 'no stuck runs', 'The following processes will be killed {}'],
    ['INFO', 'a dict that is cut off', "The following processes will be killed {'a.py': ('h', '1')"],
    ['INFO', 'a list in place of a dict', "The following processes will be killed ['a.py']"],
    ['INFO', 'no process', "The following processes will be killed {'a.py': 'h', 'b.py': ('h', 'x'), 3: ('h', 1)}"],
    ['INFO', 'an empty name', "The following processes will be killed {'': ('h', 1)}"],
    [
      'INFO',
      'no outdated runs',
      'The following runs has not been updated in the last 120 days and will be removed: []',
    ],
    ['INFO', 'no days', 'The following runs has not been updated in the last x days and will be removed: [1]'],
    ['WARNING', 'no GPUs', "Disconnected GPUs: {'h': []}"],
    ['WARNING', 'GPUs of nothing', "Disconnected GPUs: {1: [2], 'h': 3}"],
    ['WARNING', 'hosts that are a text', "Disconnected CPUs: 'h'"],
    ['INFO', 'hosts at another level', "Disconnected CPUs: ['h']"],
    ['INFO', 'an error at another level', "Please fix a.py. error_log='e'."],
    ['ERROR', 'an error without a log', 'Please fix a.py.'],
    ['ERROR', 'an error whose log is cut off', "Please fix a.py. error_log='e"],
    ['ERROR', 'an error of no config', "Please fix . error_log='e'."],
    ['INFO', 'a page break', '='.repeat(100)],
    ['INFO', 'more than is done', 'All done. Not.'],
    ['INFO', 'no percentage', 'Average progress across commands: nan%'],
    ['INFO', 'a line within another', `note: ${EXECUTING}"python main.py --config-filepath a.py"`],
    ['INFO', 'a fault within another line', `${EXECUTING}"echo ssh connection failed"`],
    ['INFO', 'words of a fault in the wrong order', 'denied: no permission'],
    ['INFO', 'words of a fault in the path of a file', 'Progress of configs/agents/crash_test.py: 3%'],
    ['INFO', 'words of a fault in the name of a file', "reading 'disk_full.json' again"],
  ];
  for (const [level, title, message] of nothing) {
    it(`takes ${title} for no event`, () => assert.equal(said(message, level), null));
  }

  const faults = [
    'ssh eve@box: connection failed',
    'SystemMonitor of box has disconnected',
    'Agent is about to crash',
    'DISK almost full',
    'open: Permission denied',
  ];
  for (const text of faults) {
    it(`takes "${text}" for a fault of the launcher`, () => {
      assert.deepEqual(said(text, 'ERROR'), { kind: 'launcher-error', text });
    });
  }

  it('tells no more of a fault than anybody reads', () => {
    const { text } = said(`Permission denied: ${'x'.repeat(1e6)}`) as { text: string };
    assert.equal(text.length, 1000);
    assert.equal(said(`${'x'.repeat(1e6)} permission denied`), null);
  });

  it('reads the parts of a line that make sense', () => {
    assert.deepEqual(said("The following processes will be killed {'b.py': ('h', 'x'), './a.py': ['h', 1]}"), {
      kind: 'stuck-removed',
      runs: [{ config: 'a.py', host: 'h', pid: 1 }],
    });
  });

  const noLines = [
    '[INFO] 2026-13-01 09:00:00 - All done.',
    '[INFO] 2026-04-01 25:00:00 - All done.',
    '[INFO] 2026-04-01 09:00:00 All done.',
    ' [INFO] 2026-04-01 09:00:00 - All done.',
    'INFO: All done.',
    'All done.',
    '',
  ];
  for (const line of noLines) it(`takes "${line}" for no line`, () => assert.deepEqual(parse(line), []));

  it('throws at nothing', () => {
    const start = fc.constantFrom(
      'The following processes will be killed ',
      'The following runs has not been updated in the last 3 days and will be removed: ',
      'Executing command on a@b (GPU-0): ',
      'Disconnected GPUs: ',
      'Please fix ',
      '',
    );
    const token = fc.constantFrom(
      "'",
      '"',
      '\\',
      '{',
      '[',
      '(',
      ')',
      ']',
      '}',
      ',',
      ':',
      ' ',
      'a.py',
      '1',
      '\\U00110000',
    );
    const level = fc.constantFrom('INFO', 'WARNING', 'ERROR');
    fc.assert(
      fc.property(level, start, fc.array(fc.oneof(token, fc.string())), (given, head, tokens) => {
        for (const { project } of parse(`[${given}] 2026-04-01 09:00:00 - ${head}${tokens.join('')}`)) {
          assert.equal(project, 'lab');
        }
      }),
    );
  });

  const long: readonly [string, string][] = [
    ['quotes', "The following processes will be killed {'"],
    ['brackets', 'The following processes will be killed '],
    ['escapes', "The following processes will be killed {'\\"],
    ['flags', 'Executing command on a@b (GPU-0): '],
  ];
  const filler: Readonly<Record<string, string>> = {
    quotes: "','",
    brackets: '[{(',
    escapes: '\\\\',
    flags: "ns-train --config-filepath '\"'\"'",
  };
  for (const [name, start] of long) {
    it(`reads a line of a megabyte of ${name} in no time`, () => {
      const begun = process.cpuUsage();
      said(start + (filler[name] ?? '').repeat(1e6 / (filler[name] ?? ' ').length));
      assert.ok(process.cpuUsage(begun).user < 2e6, 'linear time');
    });
  }
});
