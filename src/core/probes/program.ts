/** Seconds after which nvidia-smi counts as hung. A slow one needs 3 to 10 s for 8 GPUs without persistence mode. */
export const NVIDIA_SMI_LIMIT_S = 15;
/** Seconds for `ps` and `df`, which hang on a process or a network mount in uninterruptible sleep. */
export const LIST_LIMIT_S = 5;
/** Bytes kept of a command line. */
const ARGS_BYTES = 4_096;
/** Bytes kept of the process table, and of any other command's output, so that an endless one ends. */
const PS_BYTES = 1_048_576;
const OUTPUT_BYTES = 65_536;

/**
 * Reads everything about a host in one round trip, the cheap parts first. POSIX sh (dash, bash, busybox
 * ash) behind SECTION_PRELUDE; needs `$nonce`; `$gpus` (`all` or `0,1`), which it hands back for the
 * parser; `$probe_part`, `processes` to stop behind the process table; and `$probe_wait`, seconds between
 * two readings of the CPU where there was no probe before, else empty. Writes nothing to disk. What may hang is bounded, and its section ends with a line `exit N`:
 * 124 hung, 127 not installed; without it, it was cut off. Whoever composes programs prints `end`.
 */
export const PROBE_PROGRAM = `
(
PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:/usr/lib/wsl/lib
LC_ALL=C
export PATH LC_ALL
exec </dev/null

section time
date '+%s.%N'

# macOS has none, and old busybox ones take other arguments.
timeout 1 true 2>/dev/null || timeout() {
  probe_tenths=$(($1 * 10))
  shift
  { "$@" <&3 & } 3<&0
  while kill -0 "$!" 2>/dev/null; do
    [ "$probe_tenths" -gt 0 ] || { kill "$!"; return 124; }
    probe_tenths=$((probe_tenths - 1))
    sleep 0.1
  done
  wait "$!"
}

# Arguments: seconds, bytes, command. A process in uninterruptible sleep outlives TERM and KILL and keeps its
# pipe open, so nothing waits for the command itself: it is an orphan, and only its reader is waited for.
probe_bounded() {
  probe_limit=$1 probe_bytes=$2
  shift 2
  (
    {
      timeout "$probe_limit" "$@"
      printf '\\nexit %s\\n' "$?"
    } 2>&1 &
  ) | timeout "$((probe_limit + 1))" head -c "$probe_bytes"
  [ "$?" != 124 ] || printf '\\nexit 124\\n'
}

section stat
head -n 1 /proc/stat 2>/dev/null
grep -c '^cpu[0-9]' /proc/stat 2>/dev/null || getconf _NPROCESSORS_ONLN

section loadavg
cat /proc/loadavg 2>/dev/null || sysctl -n vm.loadavg 2>/dev/null

section meminfo
cat /proc/meminfo 2>/dev/null
grep -E '^([0-9]+|max)$|^(total_)?inactive_file ' \\
  /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory.current /sys/fs/cgroup/memory.stat \\
  /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory/memory.usage_in_bytes \\
  /sys/fs/cgroup/memory/memory.stat 2>/dev/null

# GNU and BSD, then busybox with and without elapsed times. In the C locale ps prints ? for what is not
# ASCII; the first gap in a line is what pads the user name.
section ps
probe_ps=$(probe_bounded ${LIST_LIMIT_S} ${PS_BYTES} sh -c '
  {
    LC_ALL=C.UTF-8
    ps -A -ww -o user:64,pid,ppid,stat,etime,rss,args ||
      ps -A -ww -o user,pid,ppid,stat,etime,rss,args ||
      ps -o user,pid,ppid,stat,etime,rss,args ||
      ps -o user,pid,ppid,stat,rss,args
  } 2>/dev/null | LC_ALL=C awk "{ sub(/  +/, \\" \\"); print substr(\\$0, 1, ${ARGS_BYTES}) }"')
printf '%s\\n' "$probe_ps"

# A quick look at the runs wants no more than this.
[ "$probe_part" != processes ] || exit 0

section disks
probe_df=$(probe_bounded ${LIST_LIMIT_S} ${OUTPUT_BYTES} df -Pk)
printf '%s\\n' "$probe_df"
case $probe_df in
  *'exit 124') section disks:local; probe_bounded ${LIST_LIMIT_S} ${OUTPUT_BYTES} df -Pkl ;;
esac

# Whether an nvidia-smi of any caller has been in uninterruptible sleep for 20 s or more: one more
# would join it at every probe.
probe_smi_is_stuck() {
  printf '%s\\n' "$probe_ps" | grep ' D[^ ]* .*nvidia-smi' | grep -qv ' 00:[01][0-9] '
}

section wanted
printf '%s\\n' "$gpus"

section gpus
if ! command -v nvidia-smi >/dev/null; then
  probe_smi='exit 127'
elif probe_smi_is_stuck; then
  probe_smi='exit 124'
else
  probe_smi=$(probe_bounded ${NVIDIA_SMI_LIMIT_S} ${OUTPUT_BYTES} nvidia-smi --format=csv \\
    --query-gpu=index,uuid,name,memory.total,memory.used,utilization.gpu,temperature.gpu,power.draw)
fi
printf '%s\\n' "$probe_smi"

section gpuprocs
case $probe_smi in
  *'exit 124' | *'exit 127') printf 'exit %s\\n' "\${probe_smi##*exit }" ;;
  *) probe_bounded ${NVIDIA_SMI_LIMIT_S} ${OUTPUT_BYTES} nvidia-smi --format=csv --query-compute-apps=gpu_uuid,pid,used_memory ;;
esac

# The first probe has no reading before it, and makes one of its own.
[ -z "$probe_wait" ] || { section stat:end; sleep "$probe_wait"; head -n 1 /proc/stat 2>/dev/null; }

section time:end
date '+%s.%N'
)
`;
