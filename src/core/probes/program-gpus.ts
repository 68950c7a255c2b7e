/**
 * Seconds after which nvidia-smi counts as hung, over all calls that list GPUs. A slow one needs 3 to 10 s
 * for 8 GPUs without persistence mode.
 */
export const NVIDIA_SMI_LIMIT_S = 15;
/** Seconds on top of them for the processes on the GPUs, so that two calls of 10 s fit in. */
const PROCESSES_LIMIT_S = 6;
/** Bytes kept of what one call prints, so that an endless one ends. */
const OUTPUT_BYTES = 65_536;
/** Exit code of a call that was not made, because another of ours is still under way (EX_TEMPFAIL of sysexits.h). */
export const EXIT_BUSY = 75;

const FEW_FIELDS = 'index,uuid,name,pci.bus_id,memory.total,memory.used,utilization.gpu,temperature.gpu,power.draw';
/**
 * One field that a driver does not know fails the whole query. `clocks_throttle_reasons` is understood by
 * all drivers, `clocks_event_reasons` from 535 on; `mig.mode` from 450 on.
 */
const FIELDS = `${FEW_FIELDS},power.limit,clocks.sm,clocks.max.sm,clocks.mem,clocks_throttle_reasons.active,ecc.errors.corrected.volatile.total,ecc.errors.uncorrected.volatile.total,mig.mode.current`;
const PROCESS_FIELDS = 'gpu_uuid,pid,process_name,used_gpu_memory';

/**
 * The functions of PROBE_PROGRAM that ask nvidia-smi, one call after the other: it hangs more easily the
 * more often it is called. Sections: `gpus`; `gpus:N` where the driver tells of no GPU because one is lost,
 * so that each is asked by itself; `mig`; `gpuprocs`. Needs `$probe_ps`, the process table.
 */
export const GPUS_PROGRAM = `
probe_smi() {
  probe_left=$((probe_smi_ends - $(date +%s)))
  # The clock was set back.
  [ "$probe_left" -le ${NVIDIA_SMI_LIMIT_S} ] || probe_left=${NVIDIA_SMI_LIMIT_S}
  [ "$probe_left" -gt 0 ] || { echo 'exit 124'; return; }
  probe_bounded "$probe_left" ${OUTPUT_BYTES} nvidia-smi "$@"
}

# Monitors that loop are in uninterruptible sleep now and then, and out of it at once.
probe_stays_asleep() {
  for probe_look in 1 2 3 4; do
    ! grep -q ') [^D] ' "/proc/$1/stat" 2>/dev/null || return
    sleep 0.2
  done
}

# Prints why nvidia-smi is not to be asked, if so. One more would join, at every probe, one of 20 s or more
# that stays in uninterruptible sleep, or one of ours that outlived its time; and two of ours at once are
# one too many. A user's name may hold a blank.
probe_smi_refusal() {
  command -v nvidia-smi >/dev/null || { echo 'exit 127'; return; }
  for probe_pid in $(printf '%s\\n' "$probe_ps" | grep nvidia-smi | grep -v ' 00:[01][0-9] ' |
    sed -nE 's/^[^ ]+( [^ ]+)? +([0-9]+) +[0-9]+ +D.*/\\2/p'); do
    ! probe_stays_asleep "$probe_pid" || { echo 'exit 124'; return; }
  done
  probe_ours='nvidia-smi (-i [0-9,]+ )?--format=csv --query-(gpu=(${FIELDS}|${FEW_FIELDS})|compute-apps=${PROCESS_FIELDS})$'
  probe_others=$(printf '%s\\n' "$probe_ps" | grep -E "$probe_ours")
  [ -n "$probe_others" ] || return
  if printf '%s\\n' "$probe_others" | grep -qv ' 00:[01][0-9] '; then
    echo 'exit 124'
  else
    echo 'exit ${EXIT_BUSY}'
  fi
}

probe_has_rows() { printf '%s\\n' "$1" | grep -q '^[0-9][0-9]* *,'; }

# Ends behind the last GPU; more than 16 are not asked for one by one.
probe_each_gpu() {
  probe_indices='0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15'
  [ "$gpus" = all ] || probe_indices=$(printf '%s\\n' "$gpus" | tr ',' ' ')
  for probe_index in $probe_indices; do
    probe_gpu=$(probe_smi -i "$probe_index" --format=csv --query-gpu=${FIELDS})
    case $probe_gpu in *'No devices were found'*) break ;; esac
    section "gpus:$probe_index"
    printf '%s\\n' "$probe_gpu"
    case $probe_gpu in *'exit 124') probe_gpus='exit 124'; break ;; esac
    ! probe_has_rows "$probe_gpu" || probe_good=$probe_good,$probe_index
  done
}

probe_list_gpus() {
  probe_good=
  probe_gpus=$(probe_smi_refusal)
  probe_smi_ends=$(($(date +%s) + ${NVIDIA_SMI_LIMIT_S}))
  [ -n "$probe_gpus" ] || probe_gpus=$(probe_smi --format=csv --query-gpu=${FIELDS})
  case $probe_gpus in *'exit 2') probe_gpus=$(probe_smi --format=csv --query-gpu=${FEW_FIELDS}) ;; esac
  section gpus
  printf '%s\\n' "$probe_gpus"
  section gpus:seconds
  echo "$((${NVIDIA_SMI_LIMIT_S} - probe_smi_ends + $(date +%s)))"

  case $probe_gpus in
    *'device handle for GPU'* | *'GPU is lost'*) probe_has_rows "$probe_gpus" || probe_each_gpu ;;
  esac
  case $probe_gpus in *Enabled*) section mig; probe_smi -L ;; esac

  section gpuprocs
  case $probe_gpus in
    *'exit 124' | *'exit 127' | *'exit ${EXIT_BUSY}') printf 'exit %s\\n' "\${probe_gpus##*exit }"; return ;;
  esac
  probe_smi_ends=$((probe_smi_ends + ${PROCESSES_LIMIT_S}))
  set -- --format=csv --query-compute-apps=${PROCESS_FIELDS}
  # A driver that tells nothing of any GPU tells nothing of their processes either.
  [ -z "$probe_good" ] || set -- -i "\${probe_good#,}" "$@"
  probe_smi "$@"
}
`;
