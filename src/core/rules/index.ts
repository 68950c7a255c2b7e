import { gpuLost } from './gpu-lost.ts';
import { hostUnreachable } from './host-unreachable.ts';
import type { Rule } from './rule.ts';
import { runFailed } from './run-failed.ts';
import { runStuck } from './run-stuck.ts';

/** Every rule there is, in the order in which they are asked. A test holds it against the folder. */
export const RULES: readonly Rule[] = [runFailed, runStuck, hostUnreachable, gpuLost];
