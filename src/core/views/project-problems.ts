import type { ProjectState } from '../../domain/snapshot.ts';

/** Whether its runs are all there, and as they are now. */
export function isUpToDate({ scanned, stale }: ProjectState): boolean {
  return scanned && !stale;
}

/** What keeps its runs from being shown whole and as they are now, a line each. */
export function projectProblems(project: ProjectState): string[] {
  const { name, problems } = project;
  const missing = whatIsMissing(project);
  return [...(missing === null ? [] : [missing]), ...problems].map((text) => `${name}: ${text}`);
}

function whatIsMissing({ scanned, stale, reading, readFrom, problems }: ProjectState): string | null {
  if (!scanned && stale) return `not read yet, as ${readFrom} cannot be read`;
  if (!scanned)
    return reading === null ? 'not read yet' : `being read, ${reading.done} of ${reading.total} runs so far`;
  return stale && problems.length === 0 ? `its runs are as they were last known, as ${readFrom} cannot be read` : null;
}
