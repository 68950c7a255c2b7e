import { Context, Liquid, LiquidError } from 'liquidjs';
import { cleanData, clipText } from './clean.ts';
import { formatBytes, formatDuration, formatPercent, formatPlural, formatTime, formatValue } from './format.ts';
import { fillLines, markValue } from './values.ts';

/** Markdown in which marks stand for the values (see values.ts). */
export interface Marked {
  readonly markdown: string;
  readonly values: readonly string[];
}

/** Throws TemplateError. */
export type Template = (data: unknown) => Marked;

/**
 * Reads a template's text; `file` is for its errors, `limitMs` is how long one rendering may take.
 * Throws TemplateError.
 */
export type Engine = (text: string, file: string, limitMs: number) => Template;

/** A template that cannot be used; the message begins with `file:line:column`. */
export class TemplateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TemplateError';
  }
}

/** Characters; many times the longest template. */
const PARSE_LIMIT = 200_000;

/** Characters and list entries that one rendering may make: five times 200 fields of 50,000 characters. */
const MEMORY_LIMIT = 50_000_000;

/** What Liquid passes to filters as `this`; `Context` keeps the values of one rendering. */
interface FilterThis {
  readonly context: Context;
}

/**
 * Liquid in which an output writes a mark instead of its value, unknown variables and filters are
 * errors, other files cannot be included, and nothing but the data itself can be reached.
 */
export function createEngine(timeZone: string): Engine {
  const liquid = new Liquid({
    outputEscape: putValue,
    ownPropertyOnly: true,
    strictVariables: true,
    strictFilters: true,
    templates: {},
    parseLimit: PARSE_LIMIT,
    memoryLimit: MEMORY_LIMIT,
  });
  liquid.unregisterFilter('raw');
  registerFormats(liquid, timeZone);

  return (text, file, limitMs) => {
    const parsed = attempt(file, () => liquid.parse(text, file));
    return (data) => {
      const options = { sync: true, renderLimit: limitMs };
      const context = new Context(cleanData(data) as object, liquid.options, options, { liquid });
      const markdown = attempt(file, () => String(liquid.renderSync(parsed, context)));
      return { markdown, values: valuesOf(context) };
    };
  };
}

function registerFormats(liquid: Liquid, timeZone: string): void {
  liquid.registerFilter('time', (value) => formatTime(value, timeZone, 'HH:mm'));
  liquid.registerFilter('datetime', (value) => formatTime(value, timeZone, 'yyyy-MM-dd HH:mm'));
  liquid.registerFilter('duration', formatDuration);
  liquid.registerFilter('bytes', formatBytes);
  liquid.registerFilter('percent', formatPercent);
  liquid.registerFilter('plural', formatPlural);
  liquid.registerFilter('clip', (value, max) => clipText(formatValue(value), Number(max)));
  liquid.registerFilter('code', { raw: true, handler: putCode });
}

function valuesOf(context: Context): string[] {
  return context.getRegister<string[]>('values', []);
}

function putValue(this: FilterThis, value: unknown): string {
  const values = valuesOf(this.context);
  // What `capture` caught holds marks itself.
  const text = fillLines(formatValue(value), values);
  this.context.memoryLimit.use(text.length);
  return markValue(values, text);
}

/** A list becomes a code block of its lines, to stand on lines of its own; anything else code in a line. */
function putCode(this: FilterThis, value: unknown): string {
  if (!Array.isArray(value)) return `\`${putValue.call(this, value)}\``;
  if (value.length === 0) return '';
  return `\`\`\`\n${putValue.call(this, value.map(formatValue).join('\n'))}\n\`\`\``;
}

function attempt<Result>(file: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof LiquidError)) throw new TemplateError(`${file}: ${error}`);
    const [line, column] = error.token.getPosition();
    throw new TemplateError(`${file}:${line}:${column}: ${reasonOf(error)}`);
  }
}

/** Liquid writes the place behind its own messages. */
function reasonOf(error: LiquidError): string {
  return error.originalError?.message ?? error.message.replace(/, (file|line):.*$/s, '');
}
