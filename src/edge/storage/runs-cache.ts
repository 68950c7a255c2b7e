import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { RunsCache } from '../../domain/ports.ts';
import { RUN_FORMATS, RUN_REASONS, RUN_STATUSES, type Run } from '../../domain/run.ts';
import { writeFileAtomically } from './atomic-file.ts';

const instant = z.number();

const runSchema: z.ZodType<Run> = z.object({
  id: z.string(),
  project: z.string(),
  config: z.string(),
  workDir: z.string(),
  format: z.enum(RUN_FORMATS),
  owner: z.string().nullable(),
  status: z.enum(RUN_STATUSES),
  reason: z.enum(RUN_REASONS),
  progress: z.object({
    completedEpochs: z.number(),
    totalEpochs: z.number().nullable(),
    percentage: z.number().nullable(),
    earlyStopped: z.boolean(),
    earlyStoppedAtEpoch: z.number().nullable(),
  }),
  rhythm: z.object({ epochMs: z.number().nullable(), allowedSilenceMs: z.number() }),
  eta: z.object({ at: instant, low: instant, high: instant }).nullable(),
  process: z
    .object({
      host: z.string(),
      pid: z.number(),
      user: z.string(),
      startedAt: instant.nullable(),
      args: z.string(),
    })
    .nullable(),
  ended: z.boolean(),
  host: z.string(),
  sessions: z.number(),
  lastUpdate: instant.nullable(),
  newestLog: z.object({ path: z.string(), mtime: instant, size: z.number() }).nullable(),
  verdict: z
    .object({
      category: z.enum(['gpu_oom', 'error']),
      summary: z.string(),
      evidence: z.array(z.object({ line: z.number(), text: z.string() })),
      extracted: z.object({
        device: z.number().exactOptional(),
        requested: z.string().exactOptional(),
        requestedBytes: z.number().exactOptional(),
        exception: z.string().exactOptional(),
        file: z.string().exactOptional(),
        line: z.number().exactOptional(),
      }),
    })
    .nullable(),
  problem: z.string().nullable(),
});

const cacheSchema = z.object({
  schema: z.literal('pylon.runs-cache/1'),
  /** By host: what its reader keeps; only the reader can tell whether it is good. */
  readers: z.record(z.string(), z.unknown()),
  runs: z.array(runSchema),
});

/** null where there is none, or it is damaged. */
export async function readRunsCache(path: string): Promise<RunsCache | null> {
  try {
    return cacheSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

/** Rejects where the disk takes nothing. */
export async function writeRunsCache(path: string, cache: RunsCache): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, JSON.stringify({ schema: 'pylon.runs-cache/1', ...cache }));
}
