/** The end of a process as its exception tells it. */
export interface Exception {
  /** As printed, `torch.OutOfMemoryError`; null where only the message was. */
  readonly name: string | null;
  readonly message: string;
}

interface MemoryRequest {
  readonly device?: number;
  readonly requested?: string;
  readonly requestedBytes?: number;
}

/** The wordings of PyTorch (CUDA, ROCm, MPS), the CUDA runtime and driver, cuBLAS, NCCL, XLA, TensorFlow, CuPy. */
const MESSAGES = [
  /\b(?:CUDA|HIP|XPU|MPS backend) out of memory\b/,
  /\b(?:CUDA|HIP) (?:runtime )?error(?: \(\d{1,4}\) )?: out of memory\b/i,
  /\bCUDA_ERROR_OUT_OF_MEMORY\b|\bcudaErrorMemoryAllocation\b/,
  /\bCU(?:BLAS|DNN)_STATUS_ALLOC_FAILED\b/,
  /\bCuda failure (?:\d{1,4} )?'out of memory'/i,
  /\bRESOURCE_EXHAUSTED: .{0,200}?(?:out of memory|OOM\b|allocat)/i,
  /\bOOM when allocating tensor\b/,
  /^Out of memory allocating [\d,]{1,20} bytes \(allocated so far/,
];

/** Printed alone, without an exception's name: by a driver, a C++ `what()`, or a logger that was given the message. */
const BARE = [
  /\bCUDA_ERROR_OUT_OF_MEMORY\b/,
  /^ {0,8}what\(\): {1,4}.{0,60}\bout of memory\b/i,
  /^CUDA out of memory\. Tried to allocate /,
];

const DEVICES = [
  /\bGPU (\d{1,3}) has a total capac/,
  /\(GPU (\d{1,3});/,
  /\bdevice:GPU:(\d{1,3})\b/,
  /\bdevice ordinal (\d{1,3})\b/,
  /\bGPU=(\d{1,3})\b/,
];

/** The size, and in the third group the same in bytes where it is printed too. */
const SIZES = [
  /\bTried to allocate (\d{1,12}(?:\.\d{1,3})?) ?([KMGT]i?B|bytes)()/,
  /\b(?:trying to allocate|Out of memory allocating|allocating) (\d[\d,]{0,18}) (bytes)()/i,
  /\bfailed to allocate (?:request for )?(\d{1,12}(?:\.\d{1,3})?)([KMGT](?:iB)?) \((\d{1,18}) ?(?:bytes|B)\)/i,
];

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Whether an exception says that a GPU's memory, not the host's, ran out. A warning does not count. */
export function isGpuOom({ name, message }: Exception): boolean {
  if (name === null) return BARE.some((pattern) => pattern.test(message));
  if (name.endsWith('Warning')) return false;
  return name.endsWith('ResourceExhaustedError') || MESSAGES.some((pattern) => pattern.test(message));
}

/** What was asked for and where. `text` is the message with the lines it was wrapped to. */
export function memoryRequest(text: string): MemoryRequest {
  const device = firstMatch(DEVICES, text)?.[1];
  const [, number, unit, inBytes] = firstMatch(SIZES, text) ?? [];
  const where = device === undefined ? {} : { device: Number(device) };
  if (number === undefined || unit === undefined) return where;
  const factor = UNITS[unit.charAt(0).toLowerCase()] ?? 1;
  const size = inBytes ? Number(inBytes) : Math.round(Number(number.replaceAll(',', '')) * factor);
  return { ...where, requested: `${number}${unit.length === 1 ? '' : ' '}${unit}`, requestedBytes: size };
}

function firstMatch(patterns: readonly RegExp[], text: string): RegExpExecArray | null {
  for (const pattern of patterns) {
    const match = pattern.exec(text);
    if (match !== null) return match;
  }
  return null;
}
