import { StringDecoder } from 'node:string_decoder';
import type { Clock, Connector, Follower, Random, RemoteStream } from '../../domain/ports.ts';
import { SECOND } from '../../domain/time.ts';
import { backoffDelay } from '../../util/backoff.ts';

/**
 * Once a second prints the paths of the files whose time or size changed. The empty line every ten
 * seconds shows that it lives, and ends it when nobody reads any more.
 */
const FOLLOW_PROGRAM = `
set -f
nl='
'
IFS=$nl
set -- $follow_paths
known=
beat=0
while :; do
  seen=$(stat -L -c '%Y:%s %n' "$@" 2>/dev/null)
  if [ "$seen" != "$known" ] && [ -n "$known" ]; then
    for line in $seen; do
      case $nl$known$nl in *"$nl$line$nl"*) ;; *) printf '%s\\n' "\${line#* }" || exit ;; esac
    done
  fi
  known=$seen
  beat=$((beat + 1))
  [ $((beat % 10)) -ne 0 ] || echo || exit
  sleep 1
done
`;

const BACKOFF = { firstMs: SECOND, maxMs: 60 * SECOND };
/** Three and a half heartbeats. */
const SILENCE_MS = 35 * SECOND;
/** More than the longest path. */
const MAX_LINE = 65_536;

export interface RemoteFollowerOptions {
  readonly connector: Connector;
  readonly clock: Clock;
  readonly random: Random;
  readonly onChange: (path: string) => void;
  /** Why following was interrupted. It is taken up again by itself. */
  readonly onProblem: (problem: string) => void;
}

/** Follows files of a host over one stream, about a second behind; an interrupted one is begun again. */
export function createRemoteFollower({
  connector,
  clock,
  random,
  onChange,
  onProblem,
}: RemoteFollowerOptions): Follower {
  let current: ReadonlySet<string> = new Set();
  let failures = 0;
  /** Ends what the last call of `restart` began. */
  let abandon: () => void = () => {};

  function restart(): void {
    abandon();
    if (current.size === 0) return;
    let live = true;
    let stream: RemoteStream | null = null;
    let cancelTimer: () => void = () => {};
    const stop = (): void => {
      live = false;
      cancelTimer();
      stream?.stop();
    };
    abandon = stop;

    function fail(reason: string): void {
      if (!live) return;
      stop();
      failures += 1;
      onProblem(reason);
      cancelTimer = clock.after(backoffDelay(failures, BACKOFF, random), restart);
    }

    function expectSign(): void {
      cancelTimer();
      cancelTimer = clock.after(SILENCE_MS, () => fail('nothing was heard from the host'));
    }

    const lines = lineReader((line) => {
      if (live && current.has(line)) onChange(line);
    });
    function takeData(chunk: Buffer): void {
      if (!live) return;
      failures = 0;
      expectSign();
      lines(chunk);
    }

    expectSign();
    connector.stream(FOLLOW_PROGRAM, { follow_paths: [...current].join('\n') }, takeData).then(
      (started) => {
        stream = started;
        if (!live) started.stop();
        void started.ended.then(fail);
      },
      (error) => fail(error instanceof Error ? error.message : String(error)),
    );
  }

  return {
    update(paths) {
      const wanted = new Set(paths.filter((path) => !path.includes('\n')));
      if (sameSet(wanted, current)) return;
      current = wanted;
      restart();
    },
    stop() {
      current = new Set();
      abandon();
    },
  };
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}

function lineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return (chunk) => {
    const parts = (rest + decoder.write(chunk)).split('\n');
    rest = (parts.pop() ?? '').slice(-MAX_LINE);
    for (const line of parts) onLine(line);
  };
}
