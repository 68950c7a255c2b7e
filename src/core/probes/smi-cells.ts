import type { ThrottleReason } from '../../domain/host.ts';

/*
 * Cells of nvidia-smi. What is no value of the right kind (`[N/A]`, `[Unknown Error]`, an empty cell, half
 * a number) is null: unknown, never 0.
 */

const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Bits of nvmlClocksEventReasons (nvml.h); idle (1), set clocks (2) and display clocks (256) are no throttling. */
const THROTTLING: readonly (readonly [number, ThrottleReason])[] = [
  [0x04, 'power-cap'],
  [0x08, 'hw-slowdown'],
  [0x10, 'sync-boost'],
  [0x20, 'sw-thermal'],
  [0x40, 'hw-thermal'],
  [0x80, 'hw-power-brake'],
];

export function figure(cell: string | undefined, unit: string): number | null {
  const [, number, found] = /^(\d{1,9}(?:\.\d{1,6})?)(?: (\S{1,5}))?$/.exec(cell ?? '') ?? [];
  return number === undefined || (found ?? '') !== unit ? null : Number(number);
}

export function bytes(cell: string | undefined): number | null {
  const [, number, unit] = /^(\d{1,12}) (\w{1,5})$/.exec(cell ?? '') ?? [];
  const factor = BYTES[unit ?? ''];
  return number === undefined || factor === undefined ? null : Number(number) * factor;
}

export function throttleReasons(cell: string | undefined): readonly ThrottleReason[] | null {
  const mask = /^0x[\da-f]{1,16}$/i.exec(cell ?? '')?.[0];
  if (mask === undefined) return null;
  // The reasons that are known stand in the last two digits.
  const bits = Number.parseInt(mask.slice(2).slice(-2), 16);
  return THROTTLING.flatMap(([bit, reason]) => ((bits & bit) === 0 ? [] : [reason]));
}

/**
 * A PCI address as the kernel writes it, `0000:3b:00.0`; nvidia-smi's domain has eight digits, or is left
 * out, and the kernel log's function is left out. Empty where it is none.
 */
export function pciAddress(text: string | undefined): string {
  const [, domain, place, part] =
    /^(?:([\da-f]{1,8}):)?([\da-f]{2}:[\da-f]{2})(?:\.([\da-f]))?$/i.exec(text ?? '') ?? [];
  if (place === undefined) return '';
  const short = Number.parseInt(domain ?? '0', 16)
    .toString(16)
    .padStart(4, '0');
  return `${short}:${place.toLowerCase()}.${part ?? '0'}`;
}
