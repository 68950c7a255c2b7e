import type { RuleVerdict } from '../../domain/alert.ts';
import type { Gpu } from '../../domain/host.ts';
import type { GpuRule, GpuSubject } from './rule.ts';

/** Lines of the kernel log that an alert shows. */
const XIDS_SHOWN = 5;

/** A GPU that has fallen off the bus, or is no longer there though it was seen before. */
export const gpuLost: GpuRule = {
  name: 'gpu-lost',
  scope: 'gpu',
  // The index is another card's once a dead one is gone after a restart.
  identity: ({ host, gpu }) => ({ host: host.name, gpu: gpu.uuid || gpu.busId || String(gpu.index) }),
  labels: ({ host, gpu }) => ({ host: host.name, gpu: String(gpu.index) }),
  evaluate,
};

function evaluate({ host, gpu }: GpuSubject): RuleVerdict {
  if (host.reachable !== true) return { state: 'unknown', reason: 'host out of reach' };
  if (gpu.state === 'hung') return { state: 'unknown', reason: 'nvidia-smi does not return' };
  if (gpu.state === 'ok') return { state: 'clear', reason: 'answers again' };
  const name = gpu.name === '' ? '' : ` (${gpu.name})`;
  return { state: 'holds', summary: `GPU ${gpu.index}${name} answers no more`, evidence: evidence({ host, gpu }) };
}

/** What nvidia-smi says: whether a reset will do, or the host must be restarted. */
function tellsOf(text: string, { index, busId }: Gpu): boolean {
  return text.startsWith('GPUs: ') && (text.includes(`GPU ${index}: `) || (busId !== '' && text.includes(busId)));
}

function evidence({ host, gpu }: GpuSubject): string[] {
  const events = host.sample?.kernelEvents ?? [];
  const complaints = host.sample?.problems.filter((text) => tellsOf(text, gpu)) ?? [];
  const xids = events.filter((event) => event.kind === 'xid' && event.busId !== '' && event.busId === gpu.busId);
  return [
    ...(gpu.uuid === '' ? [] : [gpu.uuid]),
    ...(gpu.busId === '' ? [] : [`PCI ${gpu.busId}`]),
    ...complaints,
    ...xids.slice(-XIDS_SHOWN).map(({ text }) => text),
  ];
}
