/** Where on disk the files of a glob can be, for `find`. */
export interface GlobSearch {
  /** Folder without wildcards; `.` is the root. */
  readonly base: string;
  /** How many levels below `base` to look. */
  readonly depth: number;
  /** Pattern of the file name. */
  readonly name: string;
}

/** Deeper folders are not looked into. */
const MAX_DEPTH = 64;

export function globSearch(glob: string): GlobSearch {
  const segments = segmentsOf(glob);
  const folders = segments.slice(0, -1);
  const wild = folders.findIndex((segment) => /[*?]/.test(segment));
  const fixed = wild < 0 ? folders : folders.slice(0, wild);
  const rest = segments.slice(fixed.length);
  return {
    base: fixed.join('/') || '.',
    depth: rest.includes('**') ? MAX_DEPTH : rest.length,
    name: segments.at(-1) === '**' ? '*' : (segments.at(-1) ?? '*').replace(/[[\]\\]/g, '\\$&'),
  };
}

/** `*` and `?` within a segment, `**` across folders. As in a shell, hidden files and folders are matched by name only. */
export function globPattern(glob: string): RegExp {
  const segments = segmentsOf(glob);
  const parts = segments.map((segment, index) => {
    const last = index === segments.length - 1;
    if (segment === '**') return last ? '(?:(?!\\.)[^/]+/)*(?!\\.)[^/]+' : '(?:(?!\\.)[^/]+/)*';
    const body = segment
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]');
    return `${/^[*?]/.test(segment) ? '(?!\\.)' : ''}${body}${last ? '' : '/'}`;
  });
  return new RegExp(`^${parts.join('')}$`, 'su');
}

function segmentsOf(glob: string): string[] {
  return glob.split('/').filter((segment) => segment !== '' && segment !== '.');
}
