/** Printed now and then: it is at work. */
export const ALIVE = 'alive';

/**
 * Prints `mtime:size path` (seconds, bytes) of each file of `$follow_paths` at first, where that is not
 * the same line of `$follow_known`, and again whenever it changes; a path may be printed once too often.
 * POSIX sh (dash, bash, busybox ash) with a `stat` of GNU, busybox, BSD or macOS. Looks five times a
 * second, or once where `sleep` takes whole seconds only: one `stat` and one `sleep`, 12 ms of a core a
 * second for 8 logs as for 50. The line every ten seconds shows that it lives, and ends it when nobody reads any more.
 * Prints `ended PID` once for each of `$follow_pids` that is gone, where the host has a /proc.
 * Where `$follow_careful` is not empty, files that do not answer within 5 s are left out.
 */
export const STAMP_PROGRAM = `
set -f
if stat -L -c %Y / >/dev/null 2>&1; then
  follow_flag=-c follow_format='%Y:%s %n'
elif stat -L -f %m / >/dev/null 2>&1; then
  follow_flag=-f follow_format='%m:%z %N'
else
  echo 'its stat is neither that of GNU nor that of BSD' >&2
  exit 1
fi
follow_tick=0.2 follow_beat=50
sleep 0.01 2>/dev/null || { follow_tick=1; follow_beat=10; }

IFS='
'
# Each by itself: one on a dead network mount keeps all others back, and its stat outlives everything.
if [ -n "$follow_careful" ] && timeout 1 true 2>/dev/null; then
  follow_paths=$(
    (
      for follow_path in $follow_paths; do
        { stat -L "$follow_flag" "$follow_format" "$follow_path" >/dev/null; printf '%s\\n' "$follow_path"; } &
      done
    ) 2>/dev/null </dev/null | timeout 5 cat
  )
fi

[ -d /proc/self ] || follow_pids=
set -- $follow_known
follow_seen=$follow_known
follow_round=0
while :; do
  follow_now=$(stat -L "$follow_flag" "$follow_format" $follow_paths 2>/dev/null)
  if [ "$follow_now" != "$follow_seen" ]; then
    # Side by side: where a file came or went, those behind it are printed too.
    for follow_line in $follow_now; do
      [ "$follow_line" = "$1" ] || printf '%s\\n' "$follow_line" || exit
      [ $# -eq 0 ] || shift
    done
    set -- $follow_now
    follow_seen=$follow_now
  fi
  for follow_pid in $follow_pids; do
    [ -d "/proc/$follow_pid" ] && continue
    printf 'ended %s\\n' "$follow_pid" || exit
    follow_pids=$(printf '%s\\n' "$follow_pids" | grep -vx "$follow_pid")
  done
  follow_round=$(((follow_round + 1) % follow_beat))
  [ "$follow_round" -ne 0 ] || echo ${ALIVE} || exit
  sleep "$follow_tick"
done
`;

/** The process of a line `ended PID`; null for anything else. */
export function parseEndedLine(line: string): number | null {
  const pid = /^ended (\d{1,10})$/.exec(line)?.[1];
  return pid === undefined ? null : Number(pid);
}

/** A line with a stamp; null for anything else. */
export function parseStampLine(line: string): { readonly path: string; readonly stamp: string } | null {
  const [, stamp, path] = /^(-?\d{1,19}:\d{1,19}) (\/.*)$/s.exec(line) ?? [];
  return stamp === undefined || path === undefined ? null : { path, stamp };
}
