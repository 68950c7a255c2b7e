import { GPUS_PROGRAM } from './program-gpus.ts';

/** Seconds for what hangs on a process or a network mount in uninterruptible sleep: ps, df, the roots of projects. */
export const LIST_LIMIT_S = 4;
/**
 * Bytes kept of the line of a process that may be a trainer, and of any other; and of all lines before only
 * the latter is kept. A trainer's data loaders have its command line too.
 */
const TRAINER_BYTES = 4_096;
const LINE_BYTES = 320;
const LONG_LINES_BYTES = 1_048_576;
/** Processes whose working folder is read. */
const TRAINERS = 500;
/** Bytes kept of the process table, and of any other command's output, so that an endless one ends. */
const PS_BYTES = 6_291_456;
const OUTPUT_BYTES = 65_536;
/** The last lines of the kernel log that are looked through where it is read from the journal, and told. */
const JOURNAL_LINES = 5_000;
const KERNEL_LINES = 50;

/**
 * Reads everything about a host in one round trip, the cheap parts first. POSIX sh (dash, bash, busybox
 * ash) behind SECTION_PRELUDE; needs `$nonce`; `$gpus` (`all` or `0,1`), which it hands back for the
 * parser; `$probe_roots`, folders to be found, a line each; `$probe_part`, `processes` to stop behind the
 * process table; and `$probe_wait`, seconds between two readings of the CPU where there was no probe
 * before, else empty. Writes nothing to disk.
 *
 * What may hang is bounded, and its section ends with a line `exit N`: 124 hung, 127 not installed;
 * without it, it was cut off. Where all of it hangs, the probe ends after 28 s: 5 for ps, 22 for
 * nvidia-smi, and the rest beside it. Whoever composes programs prints `end`.
 */
export const PROBE_PROGRAM = `
(
PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:/usr/lib/wsl/lib
LC_ALL=C
export PATH LC_ALL
# They change what ps understands and how ls shows names.
unset PS_PERSONALITY CMD_ENV QUOTING_STYLE
exec </dev/null

probe_began=$(date '+%s.%N')

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

# GNU and BSD, then busybox with and without elapsed times. In the C locale ps prints ? for what is not
# ASCII; the first gap in a line is what pads the user name.
probe_ps=$(probe_bounded ${LIST_LIMIT_S} ${PS_BYTES} sh -c '
  {
    LC_ALL=C.UTF-8
    ps -A -ww -o user:64,pid,ppid,stat,etime,rss,args ||
      ps -A -ww -o user,pid,ppid,stat,etime,rss,args ||
      ps -o user,pid,ppid,stat,etime,rss,args ||
      ps -o user,pid,ppid,stat,rss,args
  } 2>/dev/null | LC_ALL=C awk "{
    sub(/  +/, \\" \\")
    limit = kept < ${LONG_LINES_BYTES} && /python|--config-filepath|ns-train|nvidia-smi/ ? ${TRAINER_BYTES} : ${LINE_BYTES}
    print substr(\\$0, 1, limit)
    kept += length(\\$0) < limit ? length(\\$0) : limit
  }"')

# Only of processes that may be trainers: the first two numbers of a line are pid and ppid.
probe_cwds() {
  case $probe_ps in *--config-filepath* | *ns-train*) ;; *) return ;; esac
  section cwds
  probe_links=$(printf '%s\\n' "$probe_ps" | awk '
    /--config-filepath|ns-train/ && match($0, / [0-9]+ +[0-9]+ +[A-Za-z]/) && count++ < ${TRAINERS} {
      split(substr($0, RSTART), column, " ")
      print "/proc/" column[1] "/cwd"
    }')
  ls -lnd $probe_links 2>/dev/null
}

# The files of each cgroup this shell is in, and of those around it, of version 2 or 1. In a container the
# inner ones may not be there.
probe_cgroup_files() {
  [ -r /proc/self/cgroup ] || return
  while IFS=: read -r probe_id probe_names probe_path; do
    case ,$probe_names, in
      *,memory,*) probe_path=/memory\${probe_path%/} probe_top=/memory ;;
      ,,) probe_path=\${probe_path%/} probe_top= ;;
      *) continue ;;
    esac
    while :; do
      for probe_file in memory.max memory.current memory.events memory.limit_in_bytes memory.usage_in_bytes \\
        memory.oom_control memory.stat; do
        printf '/sys/fs/cgroup%s/%s\\n' "$probe_path" "$probe_file"
      done
      [ "$probe_path" != "$probe_top" ] || break
      probe_path=\${probe_path%/*}
    done
  done </proc/self/cgroup
}

probe_machine() {
  section stat
  if [ -r /proc/stat ]; then
    awk '/^cpu /; /^btime /; /^cpu[0-9]/ { count++ } END { print count }' /proc/stat
  else
    getconf _NPROCESSORS_ONLN 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null
  fi

  section loadavg
  cat /proc/loadavg 2>/dev/null || sysctl -n vm.loadavg 2>/dev/null

  section meminfo
  grep -E '^(MemTotal|MemAvailable|MemFree|Buffers|Cached):' /proc/meminfo 2>/dev/null ||
    { sysctl hw.memsize && vm_stat; } 2>/dev/null
  grep -HE '^[0-9]{1,18}$|^(total_)?inactive_file |^oom_kill ' /proc/vmstat $(probe_cgroup_files) 2>/dev/null
}

# Answers are printed in two pieces, as each one is a packet, and each packet costs whoever receives it.
probe_answer=$(
  section time
  printf '%s\\n' "$probe_began"
  section ps
  printf '%s\\n' "$probe_ps"
  probe_cwds
  [ "$probe_part" = processes ] || probe_machine
)
printf '%s\\n' "$probe_answer"
# A quick look at the runs wants no more than this.
[ "$probe_part" != processes ] || exit 0

# A kernel log is never empty: where nothing is printed, it may not be read.
probe_kernel_log() {
  section kernel
  probe_bounded ${LIST_LIMIT_S} ${OUTPUT_BYTES} sh -c '
    { dmesg || journalctl -k -n ${JOURNAL_LINES} -o short-unix --no-pager; } 2>/dev/null | awk "
      !/^-- / { readable = 1 }
      /NVRM: Xid|[Oo]ut of memory.*: Kill|oom-kill:/ { print substr(\\$0, 1, 400) }
      END { if (!readable) print \\"refused\\" }" | tail -n ${KERNEL_LINES}'
}

probe_disks() {
  section disks
  probe_df=$(probe_bounded ${LIST_LIMIT_S} ${OUTPUT_BYTES} df -Pk)
  printf '%s\\n' "$probe_df"
  probe_local=
  case $probe_df in
    *'exit 124')
      probe_local=l
      section disks:local
      probe_bounded ${LIST_LIMIT_S} ${OUTPUT_BYTES} df -Pkl ;;
  esac
  section inodes
  probe_bounded ${LIST_LIMIT_S} ${OUTPUT_BYTES} df -Pi$probe_local
}

# Each by itself: one on a dead network mount must not keep the others back.
probe_find_roots() {
  [ -n "$probe_roots" ] || return
  section roots
  probe_bounded ${LIST_LIMIT_S} ${OUTPUT_BYTES} sh -c '
    set -f
    IFS="
"
    count=0
    for root in $1; do
      { cd -P "$root" && printf "%s %s\\n" "$count" "$PWD"; } 2>/dev/null &
      count=$((count + 1))
    done
    wait' sh "$probe_roots"
}
${GPUS_PROGRAM}
# The parts run at the same time, and print one after the other: what the left one says waits in its pipe.
probe_answer=$(
  section wanted
  printf '%s\\n' "$gpus"
  probe_list_gpus | {
    probe_kernel_log | {
      probe_disks
      probe_find_roots
      cat
    }
    cat
  }
  # The first probe has no reading before it, and makes one of its own.
  [ -z "$probe_wait" ] || { section stat:end; sleep "$probe_wait"; head -n 1 /proc/stat 2>/dev/null; }
  section time:end
  date '+%s.%N'
)
printf '%s\\n' "$probe_answer"
)
`;
