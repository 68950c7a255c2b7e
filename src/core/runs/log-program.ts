/** Bytes of a launcher's log read at once. */
const PIECE_BYTES = 1_000_000;
/** Bytes before the place up to which a log was read, by which it is known again: enough to hold the time of a line. */
const MARK_BYTES = 256;
/** Names under which a log that was rotated away is looked for: `.1` and so on. */
export const MAX_ROTATIONS = 9;

/** The part of SCAN_PROGRAM that reads what was appended to logs; needs its `scan_checksum`. */
export const LOG_PROGRAM = `
# Checksum of the bytes right before an offset.
scan_mark() {
  scan_from=$(($2 > ${MARK_BYTES} ? $2 - ${MARK_BYTES} : 0))
  tail -c "+$((scan_from + 1))" "$1" 2>/dev/null | head -c "$(($2 - scan_from))" | scan_checksum
}

# Prints whole lines of a log from an offset on, behind the offset and mark that were asked for, and those for the next
# time. A line longer than what is read at once is skipped.
scan_print_from() {
  scan_lines=$(tail -c "+$(($2 + 1))" "$1" | head -c ${PIECE_BYTES} | wc -l)
  scan_bytes=$(tail -c "+$(($2 + 1))" "$1" | head -n "$((scan_lines))" | wc -c)
  [ "$((scan_lines))" -gt 0 ] || scan_bytes=$(tail -c "+$(($2 + 1))" "$1" | head -c ${PIECE_BYTES} | wc -c)
  [ "$((scan_lines))" -gt 0 ] || [ "$((scan_bytes))" -ge ${PIECE_BYTES} ] || scan_bytes=0
  printf '%s %s %s\\n' "$scan_asked" "$(($2 + scan_bytes))" "$(scan_mark "$1" "$(($2 + scan_bytes))")"
  [ "$((scan_lines))" = 0 ] || tail -c "+$(($2 + 1))" "$1" | head -n "$((scan_lines))"
}

# Finds the log that was rotated away so many times, and its size.
scan_open() {
  scan_file=$scan_path
  [ "$1" = 0 ] || scan_file=$scan_path.$1
  [ -f "$scan_file" ] && [ -r "$scan_file" ] && scan_size=$(($(wc -c <"$scan_file")))
}

# Finds where a log with this offset and mark is now; one that is nowhere was begun anew. Of a log that nothing is known
# of, the end of the one before is told too.
scan_find_place() {
  scan_place=0 scan_offset=$1
  if [ "$1" = -1 ]; then
    scan_offset=0
    scan_open 1 && scan_place=1 scan_offset=$((scan_size > ${PIECE_BYTES} ? scan_size - ${PIECE_BYTES} : 0))
    return
  fi
  until scan_open "$scan_place" && [ "$scan_size" -ge "$1" ] && [ "$(scan_mark "$scan_file" "$1")" = "$2" ]; do
    scan_place=$((scan_place + 1))
    [ "$scan_place" -le ${MAX_ROTATIONS} ] || { scan_place=0 scan_offset=0; return; }
  done
}

# What was appended to logs, the oldest first; what is left of a long one waits for the next time.
scan_print_appended() {
  for scan_line in $scan_appended; do
    scan_path=/\${scan_line#*/}
    IFS=' '
    set -- \${scan_line%%/*}
    IFS=$scan_nl
    scan_asked="$2 $3"
    scan_open 0 || continue
    scan_find_place "$2" "$3"
    while scan_open "$scan_place"; do
      [ "$scan_offset" = "$scan_size" ] ||
        { section "scan:appended:$1:$scan_place"; scan_print_from "$scan_file" "$scan_offset"; }
      [ "$scan_place" -gt 0 ] && [ "$((scan_size - scan_offset))" -le ${PIECE_BYTES} ] || break
      scan_place=$((scan_place - 1)) scan_offset=0
    done
  done
}
`;
