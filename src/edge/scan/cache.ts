import { z } from 'zod';
import type { Project } from '../../domain/run.ts';
import { memorySchema } from './run-record.ts';

const projectCacheSchema = z.object({
  /** What the memory depends on in the configuration. */
  key: z.string(),
  checksum: z.string(),
  listProblems: z.array(z.string()),
  refused: z.array(z.string()),
  nerfs: z.array(z.object({ workDir: z.string(), totalSteps: z.number() })),
  runs: z.array(memorySchema),
});

export type ProjectCache = z.infer<typeof projectCacheSchema>;

/** Schema of the cache; another one is not read. */
const VERSION = 3;

export function cacheOf(projects: readonly (readonly [Project, Omit<ProjectCache, 'key'>])[]): unknown {
  const entries = projects.map(([project, known]): [string, ProjectCache] => [
    project.name,
    { key: keyOf(project), ...known },
  ]);
  return { version: VERSION, projects: Object.fromEntries(entries) };
}

/** A project's part of a cache; null where it has none, is damaged or was made with another configuration. */
export function cachedProject(cache: unknown, project: Project): ProjectCache | null {
  const outer = z.object({ version: z.literal(VERSION), projects: z.record(z.string(), z.unknown()) }).safeParse(cache);
  if (!outer.success || !Object.hasOwn(outer.data.projects, project.name)) return null;
  const inner = projectCacheSchema.safeParse(outer.data.projects[project.name]);
  return inner.success && inner.data.key === keyOf(project) ? inner.data : null;
}

function keyOf({ root, configs, expectedFiles }: Project): string {
  return JSON.stringify([root, configs, expectedFiles]);
}
