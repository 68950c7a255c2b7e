import type { Verdict } from '../../domain/run.ts';
import { isGpuOom, memoryRequest } from './gpu-oom.ts';
import { capped, type LogLine, logLines } from './lines.ts';
import { type Death, findDeaths } from './traceback.ts';

/** Words one of which stands in every log that has a verdict; most logs have none and are done with here. */
const CUES = /Traceback|File "|OutOfMemoryError|out of memory|OUT_OF_MEMORY|ALLOC_FAILED|RESOURCE_EXHAUSTED|Exhausted/;
/** Launchers report that a process of theirs failed; why stands elsewhere in the log. */
const REPORTS_ANOTHER = /(?:ChildFailedError|CalledProcessError|DistBackendError|ProcessExitedException)$/;
/** A wrapped message goes on over so many lines. */
const WRAPPED_LINES = 3;

/**
 * Why a run died, from the end of its log: a GPU's memory ran out, or any other exception of Python that
 * nothing caught. null when the log shows no fatal error, or training went on after it. An exhausted GPU
 * goes before any other exception, as the other processes of the run fail in its wake. The work is
 * bounded whatever the text is.
 */
export function explainEnd(tail: string): Verdict | null {
  if (!CUES.test(tail)) return null;
  const lines = logLines(tail);
  const deaths = findDeaths(lines);
  const oom = deaths.findLast(({ exception }) => isGpuOom(exception));
  if (oom !== undefined) return gpuOomVerdict(oom, lines);
  const error = deaths.findLast(({ exception }) => !REPORTS_ANOTHER.test(exception.name ?? '')) ?? deaths.at(-1);
  return error === undefined ? null : errorVerdict(error);
}

function gpuOomVerdict(death: Death, lines: readonly LogLine[]): Verdict {
  const request = memoryRequest(wrappedMessage(death, lines));
  const memory = /cuda/i.test(`${death.exception.name} ${death.exception.message}`) ? 'CUDA' : 'GPU';
  const where = request.device === undefined ? '' : ` on GPU ${request.device}`;
  const what = request.requested === undefined ? '' : `, ${request.requested} requested`;
  return {
    category: 'gpu_oom',
    summary: `${memory} out of memory${where}${what}`,
    evidence: evidence(death),
    extracted: { ...request, ...origin(death) },
  };
}

function errorVerdict(death: Death): Verdict {
  const { name, message } = death.exception;
  return {
    category: 'error',
    summary: capped(message === '' ? `${name}` : `${name}: ${message}`),
    evidence: evidence(death),
    extracted: origin(death),
  };
}

function wrappedMessage({ at, exception }: Death, lines: readonly LogLine[]): string {
  const next = lines.indexOf(at) + 1;
  const more = lines.slice(next, next + WRAPPED_LINES).filter(({ rank }) => rank === at.rank);
  return [exception.message, ...more.map(({ text }) => text)].join(' ');
}

function evidence({ at, frame }: Death): Verdict['evidence'] {
  const lines = frame === null ? [at] : [frame.at, at];
  return lines.map(({ number, text }) => ({ line: number, text: capped(text) }));
}

function origin({ exception, frame }: Death): Pick<Verdict['extracted'], 'exception' | 'file' | 'line'> {
  return {
    ...(exception.name === null ? {} : { exception: exception.name }),
    ...(frame === null ? {} : { file: capped(frame.file), line: frame.line }),
  };
}
