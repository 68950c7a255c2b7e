import type { Gpu, KnownGpu } from '../../domain/host.ts';
import { DAY, type Instant } from '../../domain/time.ts';
import type { GpuList, LostGpu } from './nvidia-smi.ts';

/** One that has been missing for longer was taken out on purpose. */
const MISSED_FOR = 7 * DAY;

export interface Recalled {
  /** null: unknown. */
  readonly gpus: readonly Gpu[] | null;
  /** What to remember until the next list. */
  readonly known: readonly KnownGpu[];
  readonly problem: string | null;
}

type Identity = Pick<Gpu, 'uuid' | 'busId'> & { readonly index: number | null };

/**
 * Completes a list of GPUs by those seen before: one that a whole list no longer has is lost; where
 * nvidia-smi does not return, all that it does not tell of are hung. Cards are told apart by UUID, as
 * indices shift when a dead one is gone after a restart.
 * @param isWatched whether the configuration wants the GPU of this index; others are neither told nor missed
 */
export function recallGpus(
  list: GpuList,
  before: readonly KnownGpu[],
  isWatched: (index: number) => boolean,
  now: Instant,
): Recalled {
  const known = before.filter(({ index }) => isWatched(index));
  if (list.state === 'unknown') return { gpus: null, known, problem: null };
  if (list.state === 'absent') return withoutSmi(known, now);

  const told = namedGpus(list, known);
  const untold = known.filter((gpu) => !told.some((other) => isSameCard(gpu, other)));
  const missing = list.state === 'whole' ? untold.filter((gpu) => isMissed(gpu, told, known, now)) : untold;
  const state = list.state === 'whole' ? 'lost' : 'hung';
  const gpus = [...told, ...missing.map((gpu) => silentGpu(gpu, state))]
    .filter(({ index }) => isWatched(index))
    .sort((a, b) => a.index - b.index);
  if (gpus.length === 0 && list.state === 'hung') return { gpus: null, known, problem: null };
  return { gpus, known: gpus.map((gpu) => remember(gpu, known, now)), problem: null };
}

/** A driver that is being replaced takes nvidia-smi away for a while, and no GPU. */
function withoutSmi(known: readonly KnownGpu[], now: Instant): Recalled {
  const missed = known
    .map((gpu) => ({ ...gpu, missingSince: gpu.missingSince ?? now }))
    .filter(({ missingSince }) => now - missingSince < MISSED_FOR);
  if (missed.length === 0) return { gpus: [], known: [], problem: null };
  return { gpus: null, known: missed, problem: 'GPUs: nvidia-smi is no longer there' };
}

/** The listed ones and the lost ones; these get the name, UUID and index they had when they were seen last. */
function namedGpus(list: GpuList, known: readonly KnownGpu[]): Gpu[] {
  const gpus = [...list.gpus];
  for (const lost of list.lost) {
    const listed = gpus.findIndex((gpu) => isSameCard(gpu, lost));
    const gpu = gpus[listed];
    if (gpu !== undefined) gpus[listed] = { ...gpu, state: 'lost' };
    else gpus.push(silentGpu(identify(lost, gpus, known), 'lost'));
  }
  return gpus;
}

function identify(lost: LostGpu, gpus: readonly Gpu[], known: readonly KnownGpu[]): Omit<KnownGpu, 'missingSince'> {
  const seen = known.find((gpu) => isSameCard(gpu, lost));
  return {
    index: lost.index ?? seen?.index ?? lost.asked ?? firstGap(gpus),
    uuid: seen?.uuid ?? lost.uuid,
    name: seen?.name ?? '',
    busId: seen?.busId || lost.busId,
  };
}

/** The index that the others leave out. */
function firstGap(gpus: readonly Gpu[]): number {
  const taken = new Set(gpus.map(({ index }) => index));
  let index = 0;
  while (taken.has(index)) index += 1;
  return index;
}

/** By UUID; where one of them has none, by the place on the bus; by index where that is unknown too. */
function isSameCard(a: Identity, b: Identity): boolean {
  if (a.uuid !== '' && b.uuid !== '') return a.uuid === b.uuid;
  if (a.busId !== '' && b.busId !== '') return a.busId === b.busId;
  return a.index !== null && a.index === b.index;
}

/** Not where it was forgotten after so long, nor where another card, not seen before, is in its place. */
function isMissed(gpu: KnownGpu, told: readonly Gpu[], known: readonly KnownGpu[], now: Instant): boolean {
  if (now - (gpu.missingSince ?? now) >= MISSED_FOR) return false;
  return !told.some(
    (other) => other.busId !== '' && other.busId === gpu.busId && !known.some(({ uuid }) => uuid === other.uuid),
  );
}

function remember({ index, uuid, name, busId, state }: Gpu, known: readonly KnownGpu[], now: Instant): KnownGpu {
  const before = known.find((gpu) => isSameCard(gpu, { index, uuid, busId }))?.missingSince ?? null;
  const since = { ok: null, lost: before ?? now, hung: before };
  return { index, uuid, name, busId, missingSince: since[state] };
}

function silentGpu({ index, uuid, name, busId }: Omit<KnownGpu, 'missingSince'>, state: 'lost' | 'hung'): Gpu {
  return {
    index,
    uuid,
    name,
    busId,
    state,
    utilPct: null,
    memory: { total: null, used: null },
    tempC: null,
    powerW: null,
    powerLimitW: null,
    clocks: { sm: null, smMax: null, memory: null },
    throttle: null,
    ecc: { corrected: null, uncorrected: null },
    mig: null,
  };
}
