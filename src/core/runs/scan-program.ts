import { LOG_PROGRAM } from './log-program.ts';

/** Bytes of a file read from its start, counted after lists of numbers have been shortened. */
export const HEAD_BYTES = 65_536;
/** Larger files are not read from their start: one may be a single line of any length. */
export const MAX_HEAD_BYTES = 1_000_000;
/** Bytes of a log read from its end. */
export const TAIL_BYTES = 16_384;
/**
 * Looks at run folders on one host. POSIX sh (dash, bash, busybox ash) behind SECTION_PRELUDE and beside
 * other programs; needs `$nonce` and reads six variables, each of them optional and written by
 * scan-protocol.ts, where the answers are described too. What is asked of many files at once costs a
 * fixed number of processes; tests of single files are the shell's own.
 */
export const SCAN_PROGRAM = `
(
LC_ALL=C
export LC_ALL
set -f
scan_nl='
'
IFS=$scan_nl

# BSD's stat (macOS) has other options: mode in hex, time, size, name; and the owner's name.
scan_option=-c scan_stamp='%f:%Y:%s %n' scan_owner='%U %n'
stat -c %s / >/dev/null 2>&1 || scan_option=-f scan_stamp='%Xp:%m:%z %N' scan_owner='%Su %N'

# Linux, macOS, POSIX.
scan_checksum() {
  if command -v md5sum >/dev/null; then md5sum; elif command -v md5 >/dev/null; then md5 -q; else cksum; fi | tr -d ' -'
}

# Lists config files. A newline in a name becomes \\001; a search that failed half-way adds the entry '//'.
scan_find() {
  {
    find -H "./$scan_base" -maxdepth "$scan_depth" '(' -type f -o -type l ')' -name "$scan_name" -print0 2>/dev/null ||
      printf '//\\0'
  } | tr '\\n\\0' '\\001\\n'
}

scan_find_configs() {
  for scan_line in $scan_configs; do
    scan_value=\${scan_line#* }
    case $scan_line in
      'root '*) scan_list= scan_absent= ; cd "$scan_value" 2>/dev/null || scan_absent=$scan_value ;;
      'known '*) scan_known=$scan_value ;;
      'depth '*) scan_depth=$scan_value ;;
      'name '*) scan_name=$scan_value ;;
      'base '*)
        scan_base=$scan_value
        [ -z "$scan_absent" ] || continue
        [ -d "./$scan_base" ] || { scan_absent=$PWD/$scan_base; continue; }
        scan_list=$scan_list$(scan_find)$scan_nl ;;
      'project '*)
        section "scan:configs:$scan_value"
        [ -z "$scan_absent" ] || { printf 'absent %s\\n' "$scan_absent"; continue; }
        scan_sum=$(printf '%s' "$scan_list" | scan_checksum)
        [ -n "$scan_sum" ] && [ "$scan_sum" = "$scan_known" ] && { echo same; continue; }
        printf 'list %s\\n%s' "$scan_sum" "$scan_list" ;;
    esac
  done
}

# Prints the stamps that differ from the known ones.
scan_compare() {
  section scan:stamps
  {
    printf '%s\\n' "$scan_stamps" ''
    printf '%s\\n' "$scan_stamps" | cut -d ' ' -f 2- | tr '\\n' '\\0' | xargs -0 stat -L "$scan_option" "$scan_stamp" 2>/dev/null
  } | awk '
    $0 == "" { answers = 1; next }
    { space = index($0, " "); stamp = substr($0, 1, space - 1); path = substr($0, space + 1) }
    !answers { known[path] = stamp; next }
    { if (known[path] != stamp) print; delete known[path] }
    END { for (path in known) if (known[path] != "-") print "- " path }'
}

# The first expected file that an epoch folder has not.
scan_lacking() {
  for scan_file in $scan_expected; do
    scan_lacks=$1/$scan_file
    [ -f "$scan_lacks" ] && [ -s "$scan_lacks" ] || return
  done
  scan_lacks=
}

# Makes scan_complete, which says whether epoch N has every expected file: one test of all files at once,
# as an epoch is looked at for each of thousands of runs.
scan_expect() {
  scan_tests= scan_count=0
  for scan_file in $scan_expected; do
    scan_count=$((scan_count + 1))
    eval "scan_file_$scan_count=\\$scan_file"
    scan_tests="$scan_tests -a -f \\"epoch_\\$1/\\$scan_file_$scan_count\\" -a -s \\"epoch_\\$1/\\$scan_file_$scan_count\\""
  done
  eval "scan_complete() { [ $scan_count -gt 0 $scan_tests ]; }"
}

scan_is_newer() { [ -z "$2" ] || ! [ "$2" -nt "$1" ]; }

# Counts the logs of a form and finds the newest.
scan_find_logs() {
  scan_logs=0 scan_newest=
  set +f
  for scan_log in $1_*.log; do
    case $scan_log in *"$scan_nl"*) continue ;; esac
    [ -f "$scan_log" ] || continue
    scan_logs=$((scan_logs + 1))
    scan_is_newer "$scan_log" "$scan_newest" && scan_newest=$scan_log
  done
  set -f
}

# Arguments: id, first epoch to look at, epoch folders last time, form (? where the config does not tell).
scan_walk_run() {
  scan_id=$1 scan_epoch=$2 scan_before=$3 scan_form=$4 scan_lacks=
  set +f
  set -- epoch_*
  set -f
  scan_find_logs train_val
  if [ "$scan_form" = '?' ]; then
    scan_form=trainer
    [ -e evaluation_scores.json ] && ! [ -e "$1" ] && [ "$scan_logs" = 0 ] && scan_form=evaluator
  fi
  if [ "$scan_form" = evaluator ]; then
    scan_find_logs eval
    printf 'walk/%s/evaluator/0/0/%s/%s/\\n' "$scan_id" "$scan_logs" "$scan_newest"
    return
  fi
  [ $# -ge "$scan_before" ] || scan_epoch=0
  [ "$scan_epoch" = 0 ] || scan_complete "$((scan_epoch - 1))" || scan_epoch=0
  while scan_complete "$scan_epoch"; do scan_epoch=$((scan_epoch + 1)); done
  if [ -d "epoch_$scan_epoch" ]; then
    [ -x "epoch_$scan_epoch" ] || { printf 'unreadable/%s/epoch_%s\\n' "$scan_id" "$scan_epoch"; return; }
    scan_lacking "epoch_$scan_epoch"
    [ -e "$scan_lacks" ] || scan_lacks=epoch_$scan_epoch
  fi
  printf 'walk/%s/trainer/%s/%s/%s/%s/%s\\n' "$scan_id" "$scan_epoch" "$#" "$scan_logs" "$scan_newest" "$scan_lacks"
}

scan_sweep_run() {
  scan_id=$1 scan_newest=
  set +f
  set -- epoch_*
  set -f
  for scan_folder; do
    case $scan_folder in *"$scan_nl"*) continue ;; esac
    for scan_file in $scan_expected; do
      [ -f "$scan_folder/$scan_file" ] || continue
      scan_is_newer "$scan_folder/$scan_file" "$scan_newest" && scan_newest=$scan_folder/$scan_file
    done
  done
  printf 'sweep/%s/%s\\n' "$scan_id" "$scan_newest"
}

# Why a folder cannot be looked into.
scan_fault() {
  if [ -e "$1" ]; then echo unreadable; elif [ -L "$1" ]; then echo dangling; else echo absent; fi
}

scan_walk_runs() {
  section scan:walks
  for scan_line in $scan_walks; do
    case $scan_line in
      expect) scan_expected= ; continue ;;
      'file '*) scan_expected=$scan_expected\${scan_line#* }$scan_nl ; continue ;;
      expected) scan_expect; continue ;;
    esac
    IFS=' '
    set -- \${scan_line%%/*}
    IFS=$scan_nl
    scan_path=/\${scan_line#*/}
    cd "$scan_path" 2>/dev/null && [ -r . ] || { printf '%s/%s\\n' "$(scan_fault "$scan_path")" "$2"; continue; }
    case $1 in
      walk) scan_walk_run "$2" "$3" "$4" "$5" ;;
      sweep) scan_sweep_run "$2" ;;
    esac
  done
}

scan_owners() {
  section scan:owners
  printf '%s\\n' "$scan_walks" | sed -n 's/^walk [^/]*//p' | tr '\\n' '\\0' | xargs -0 stat -L "$scan_option" "$scan_owner" 2>/dev/null
}

# For each nerfstudio run its work dir, then the stamps of what is in its work dir, or in the newest folder below it
# that nerfstudio has made there: EXPERIMENT/METHOD/TIME.
scan_nerfstudio() {
  section scan:nerfstudio
  for scan_line in $scan_nerfs; do
    printf '#%s\\n' "$scan_line"
    cd "$scan_line" 2>/dev/null || continue
    printf 'there\\n'
    scan_newest=
    set +f
    for scan_file in nerfstudio_models */nerfstudio_models */*/nerfstudio_models */*/*/nerfstudio_models; do
      [ -d "$scan_file" ] && scan_is_newer "$scan_file" "$scan_newest" && scan_newest=$scan_file
    done
    [ -n "$scan_newest" ] && cd "$scan_newest/.." 2>/dev/null &&
      stat -L "$scan_option" "$scan_stamp" config.yml dataparser_transforms.json nerfstudio_models/step-*.ckpt 2>/dev/null
    set -f
  done
}

${LOG_PROGRAM}
scan_read_files() {
  for scan_line in $scan_reads; do
    scan_path=/\${scan_line#*/}
    scan_id=\${scan_line%% /*}
    [ -f "$scan_path" ] && [ -r "$scan_path" ] || continue
    case $scan_id in
      'tail '*)
        scan_id=\${scan_id#* }
        section "scan:file:\${scan_id% *}"
        tail -c "\${scan_id#* }" "$scan_path" 2>/dev/null ;;
    esac
  done
  scan_heads=$(for scan_line in $scan_reads; do
    scan_path=/\${scan_line#*/}
    case $scan_line in
      'head '*) [ -f "$scan_path" ] && [ -r "$scan_path" ] && printf '%s\\n' "\${scan_line#* }" ;;
    esac
  done)
  [ -z "$scan_heads" ] || scan_read_heads
}

# Prints the beginnings of files, whose sizes are asked first.
scan_read_heads() {
  {
    printf '%s\\n' "$scan_heads" | cut -d ' ' -f 2- | tr '\\n' '\\0' | xargs -0 stat -L "$scan_option" "$scan_stamp" 2>/dev/null
    printf '\\n%s\\n' "$scan_heads"
  } | awk -v nonce="$nonce" '
    $0 == "" { heads = 1; next }
    { path = substr($0, index($0, " ") + 1) }
    !heads { split($1, stamp, ":"); bytes[path] = stamp[3]; next }
    bytes[path] <= ${MAX_HEAD_BYTES} {
      printf "\\n#%s scan:file:%s\\n", nonce, $1
      size = 0
      while (size < ${HEAD_BYTES} && (getline text < path) > 0) {
        gsub(/\\[[-+0-9., ]*\\]/, "[]", text)
        size += length(text) + 1
        print text
      }
      close(path)
    }'
}

scan_answer() {
  section scan:now
  date '+%s %z'
  [ -z "$scan_configs" ] || scan_find_configs
  [ -z "$scan_stamps" ] || scan_compare
  [ -z "$scan_walks" ] || { scan_walk_runs; scan_owners; }
  [ -z "$scan_nerfs" ] || scan_nerfstudio
  [ -z "$scan_appended" ] || scan_print_appended
  [ -z "$scan_reads" ] || scan_read_files
}

# A short answer is printed at once, as each piece is a packet, and each packet costs whoever receives it.
if [ -n "$scan_walks$scan_reads" ]; then
  scan_answer
else
  scan_text=$(scan_answer)
  printf '%s\\n' "$scan_text"
fi
)
`;
