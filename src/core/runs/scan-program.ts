/** Bytes of a file read from its start, counted after lists of numbers have been shortened. */
export const HEAD_BYTES = 65_536;
/** Bytes of a log read from its end. */
export const TAIL_BYTES = 16_384;

/**
 * Looks at run folders on one host. POSIX sh (dash, bash, busybox ash) behind SECTION_PRELUDE and beside
 * other programs; needs `$nonce` and reads four variables, each of them optional and written by
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
        scan_sum=$(printf '%s' "$scan_list" | md5sum 2>/dev/null)
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
    printf '%s\\n' "$scan_stamps" | cut -d ' ' -f 2- | tr '\\n' '\\0' | xargs -0 stat -L -c '%f:%Y:%s %n' 2>/dev/null
  } | awk '
    $0 == "" { answers = 1; next }
    { space = index($0, " "); stamp = substr($0, 1, space - 1); path = substr($0, space + 1) }
    !answers { known[path] = stamp; next }
    { if (known[path] != stamp) print; delete known[path] }
    END { for (path in known) if (known[path] != "-") print "- " path }'
}

# Whether an epoch folder has every expected file; scan_lacks is the first that it has not.
scan_complete() {
  scan_lacks=
  for scan_file in $scan_expected; do
    scan_lacks=$1/$scan_file
    [ -f "$scan_lacks" ] && [ -s "$scan_lacks" ] || return 1
  done
  [ -n "$scan_lacks" ]
}

scan_is_newer() { [ -z "$2" ] || ! [ "$2" -nt "$1" ]; }

# Arguments: id, first epoch to look at, epoch folders last time.
scan_walk_run() {
  scan_id=$1 scan_epoch=$2 scan_before=$3 scan_logs=0 scan_newest=
  set +f
  set -- epoch_*
  for scan_log in train_val_*.log; do
    case $scan_log in *"$scan_nl"*) continue ;; esac
    [ -f "$scan_log" ] || continue
    scan_logs=$((scan_logs + 1))
    scan_is_newer "$scan_log" "$scan_newest" && scan_newest=$scan_log
  done
  set -f
  [ $# -ge "$scan_before" ] || scan_epoch=0
  [ "$scan_epoch" = 0 ] || scan_complete "epoch_$((scan_epoch - 1))" || scan_epoch=0
  while scan_complete "epoch_$scan_epoch"; do scan_epoch=$((scan_epoch + 1)); done
  if ! [ -d "epoch_$scan_epoch" ]; then
    scan_lacks=
  elif ! [ -e "$scan_lacks" ]; then
    scan_lacks=epoch_$scan_epoch
  fi
  printf 'walk/%s/%s/%s/%s/%s/%s\\n' "$scan_id" "$scan_epoch" "$#" "$scan_logs" "$scan_newest" "$scan_lacks"
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

scan_walk_runs() {
  section scan:walks
  for scan_line in $scan_walks; do
    case $scan_line in
      expect) scan_expected= ; continue ;;
      'file '*) scan_expected=$scan_expected\${scan_line#* }$scan_nl ; continue ;;
    esac
    IFS=' '
    set -- \${scan_line%%/*}
    IFS=$scan_nl
    cd "/\${scan_line#*/}" 2>/dev/null && [ -r . ] || { printf 'unreadable/%s\\n' "$2"; continue; }
    case $1 in
      walk) scan_walk_run "$2" "$3" "$4" ;;
      sweep) scan_sweep_run "$2" ;;
    esac
  done
}

scan_owners() {
  section scan:owners
  printf '%s\\n' "$scan_walks" | sed -n 's/^walk [^/]*//p' | tr '\\n' '\\0' | xargs -0 stat -L -c '%U %n' 2>/dev/null
}

scan_read_files() {
  for scan_line in $scan_reads; do
    scan_path=/\${scan_line#*/}
    scan_id=\${scan_line%% /*}
    [ -f "$scan_path" ] && [ -r "$scan_path" ] || continue
    case $scan_id in
      'tail '*) section "scan:file:\${scan_id#* }"; tail -c ${TAIL_BYTES} "$scan_path" 2>/dev/null ;;
    esac
  done
  for scan_line in $scan_reads; do
    scan_path=/\${scan_line#*/}
    case $scan_line in
      'head '*) [ -f "$scan_path" ] && [ -r "$scan_path" ] && printf '%s\\n' "\${scan_line#* }" ;;
    esac
  done | awk -v nonce="$nonce" '
    {
      path = substr($0, length($1) + 2)
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

section scan:now
date +%s
[ -z "$scan_configs" ] || scan_find_configs
[ -z "$scan_stamps" ] || scan_compare
[ -z "$scan_walks" ] || { scan_walk_runs; scan_owners; }
[ -z "$scan_reads" ] || scan_read_files
)
`;
