import { parser } from '@lezer/python';
import type { ConfigFacts } from '../../domain/run.ts';
import type { Node, Source } from './python-literals.ts';
import { childrenOf, keyOf, numberOf, splitAt } from './python-literals.ts';

export interface PythonConfig extends ConfigFacts {
  /** Something that literals do not show went into the dict, so that the total may be another one. */
  readonly opaque: boolean;
  /** false: training surely runs through all epochs. */
  readonly mayStopEarly: boolean;
}

/** What the module's statements, read in order, have made of the name `config`. */
interface Reading extends Source {
  config: 'absent' | 'imported' | 'dict' | 'other';
  changed: boolean;
  epochs: number | null;
  runner: string | null;
  opaque: boolean;
  /** Was ever `opaque`. */
  hidden: boolean;
  /** Within `if`, `try`, `for` ...: what is set there may not be set. */
  conditional: boolean;
}

const MAX_NESTING = 8;

/** Repairing broken text can take seconds, so it is not tried. */
const STRICT = parser.configure({ strict: true });

/**
 * Reads a config file without executing it, from its literals alone: the module-level dict `config` and
 * the later statements on it, the last of them winning. A `config` that is only imported is a run
 * when the module goes on to change it (its own work dir, say), and a mere re-export when not. Of text
 * that does not parse, no more is taken than whether it assigns to `config`.
 */
export function readPythonConfig(file: string): PythonConfig {
  const text = file.replace(/^\ufeff/, '');
  const reading: Reading = {
    text,
    numbers: new Map(),
    config: 'absent',
    changed: false,
    epochs: null,
    runner: null,
    opaque: false,
    hidden: false,
    conditional: false,
  };
  const module = parse(text);
  if (module === null) guess(reading);
  else readStatements(module, reading, 0);
  return {
    isRun: reading.config === 'dict' || (reading.config === 'imported' && reading.changed),
    totalEpochs: reading.epochs,
    kind: kindOf(reading.runner),
    opaque: reading.opaque,
    mayStopEarly: reading.hidden || text.includes('early_stopping'),
  };
}

function parse(text: string): Node | null {
  try {
    return STRICT.parse(text).topNode;
  } catch {
    return null;
  }
}

function guess(reading: Reading): void {
  if (/^config[ \t]*(?::[^=\n]*)?=(?!=)/m.test(reading.text)) define(reading, 'dict', { opaque: true });
}

function kindOf(runner: string | null): ConfigFacts['kind'] {
  if (runner === null || runner === 'None') return 'unknown';
  return runner.includes('Evaluator') ? 'evaluator' : 'trainer';
}

function readStatements(block: Node, reading: Reading, nesting: number): void {
  for (const statement of childrenOf(block)) readStatement(statement, reading, nesting);
}

function readStatement(statement: Node, reading: Reading, nesting: number): void {
  switch (statement.name) {
    case 'ImportStatement':
      readImport(statement, reading);
      break;
    case 'AssignStatement':
      readAssignment(statement, reading);
      break;
    case 'UpdateStatement':
      readUpdate(statement, reading);
      break;
    case 'ExpressionStatement':
      readExpression(statement, reading);
      break;
    case 'StatementGroup':
      readStatements(statement, reading, nesting);
      break;
    case 'IfStatement':
    case 'TryStatement':
    case 'WithStatement':
    case 'ForStatement':
    case 'WhileStatement':
      readConditional(statement, reading, nesting);
      break;
  }
}

/** `from x import config`, also `as config`. */
function readImport(statement: Node, reading: Reading): void {
  const parts = childrenOf(statement);
  const start = parts.findIndex((part) => part.name === 'import');
  if (parts[0]?.name !== 'from' || start < 0) return;
  for (const name of splitAt(parts.slice(start + 1), ',')) {
    const bound = name.filter((part) => part.name === 'VariableName').at(-1);
    if (bound === undefined) continue;
    const text = textOf(bound, reading);
    reading.numbers.delete(text);
    if (text === 'config') define(reading, 'imported');
  }
}

/** `a = b = value`: every part but the last is a target. */
function readAssignment(statement: Node, reading: Reading): void {
  const parts = splitAt(
    childrenOf(statement).filter((part) => part.name !== 'TypeDef'),
    'AssignOp',
  );
  const value = parts.at(-1);
  for (const target of parts.slice(0, -1)) {
    const [first, ...others] = target;
    if (first === undefined) continue;
    if (others.length > 0 || value?.length !== 1) {
      if (target.some((part) => textOf(part, reading) === 'config')) define(reading, 'dict', { opaque: true });
      continue;
    }
    const only = value[0];
    if (only !== undefined) assign(first, only, reading);
  }
}

function assign(target: Node, value: Node, reading: Reading): void {
  if (target.name === 'MemberExpression') {
    assignMember(target, value, reading);
    return;
  }
  if (target.name !== 'VariableName') return;
  const name = textOf(target, reading);
  if (name === 'config') {
    defineAs(value, reading);
    return;
  }
  const number = numberOf(value, reading);
  if (number === null || reading.conditional) reading.numbers.delete(name);
  else reading.numbers.set(name, number);
}

/** `config['key'] = value`. */
function assignMember(target: Node, value: Node, reading: Reading): void {
  const [object, bracket, key] = childrenOf(target);
  if (object?.name !== 'VariableName' || textOf(object, reading) !== 'config' || bracket?.name !== '[') return;
  setKey(key === undefined ? null : keyOf(key, reading), value, reading);
}

/** `config |= {...}`, `config['epochs'] += 1`. */
function readUpdate(statement: Node, reading: Reading): void {
  const [target, operator, value] = childrenOf(statement);
  if (target === undefined || operator === undefined || value === undefined) return;
  if (target.name === 'VariableName') {
    reading.numbers.delete(textOf(target, reading));
    if (textOf(target, reading) !== 'config') return;
    if (textOf(operator, reading) === '|=') merge(value, reading);
    return;
  }
  const [object, bracket, key] = childrenOf(target);
  if (object === undefined || textOf(object, reading) !== 'config' || bracket?.name !== '[') return;
  if (key !== undefined && keyOf(key, reading) === 'epochs') setEpochs(null, reading);
}

/** `config.update(...)`; any other expression that names `config` may change it unseen. */
function readExpression(statement: Node, reading: Reading): void {
  const call = childrenOf(statement)[0];
  if (call?.name !== 'CallExpression') return;
  const [callee, argumentList] = childrenOf(call);
  if (callee === undefined || argumentList === undefined) return;
  if (textOf(callee, reading) === 'config.update') {
    mergeArguments(argumentList, reading);
    return;
  }
  if (/\bconfig\b/.test(textOf(call, reading))) markOpaque(reading);
}

/** The bodies are read, except of the `if` that is for scripts only. */
function readConditional(statement: Node, reading: Reading, nesting: number): void {
  if (nesting >= MAX_NESTING) {
    markOpaque(reading);
    return;
  }
  const parts = childrenOf(statement);
  if (parts.some((part) => part.name === 'BinaryExpression' && textOf(part, reading).includes('__name__'))) return;
  const outer = reading.conditional;
  reading.conditional = true;
  for (const part of parts) if (part.name === 'Body') readStatements(part, reading, nesting + 1);
  reading.conditional = outer;
}

function define(reading: Reading, config: Reading['config'], { opaque } = { opaque: config === 'imported' }): void {
  Object.assign(reading, { config, opaque, hidden: opaque, changed: false, epochs: null, runner: null });
}

/** Values that are surely no dict. */
const NO_DICT = new Set(
  'ArrayExpression TupleExpression SetExpression ArrayComprehensionExpression Number String FormatString ContinuedString None Boolean'.split(
    ' ',
  ),
);

/** `config = value`. */
function defineAs(value: Node, reading: Reading): void {
  const [first, second] = childrenOf(value);
  if (value.name === 'ParenthesizedExpression' && second !== undefined) {
    defineAs(second, reading);
  } else if (NO_DICT.has(value.name)) {
    define(reading, 'other');
  } else if (value.name === 'DictionaryExpression') {
    define(reading, 'dict');
    merge(value, reading);
  } else if (value.name === 'CallExpression' && first && second && textOf(first, reading) === 'dict') {
    define(reading, 'dict');
    mergeArguments(second, reading);
  } else if (reading.config !== 'absent' && /\bconfig\b/.test(textOf(value, reading))) {
    reading.config = 'dict';
    markOpaque(reading);
  } else {
    define(reading, 'dict', { opaque: true });
  }
}

/** Takes over the literal keys of a dict display. */
function merge(value: Node, reading: Reading): void {
  if (value.name !== 'DictionaryExpression') {
    markOpaque(reading);
    return;
  }
  reading.changed = true;
  for (const entry of splitAt(childrenOf(value).slice(1, -1), ',')) {
    const [key, colon, item] = entry;
    if (key === undefined) continue;
    if (colon?.name === ':' && item !== undefined) setKey(keyOf(key, reading), item, reading);
    else markOpaque(reading);
  }
}

/** Arguments of `dict(...)` and `config.update(...)`. */
function mergeArguments(argumentList: Node, reading: Reading): void {
  reading.changed = true;
  for (const argument of splitAt(childrenOf(argumentList).slice(1, -1), ',')) {
    const [first, operator, value] = argument;
    if (first === undefined) continue;
    if (operator?.name === 'AssignOp' && value !== undefined) setKey(textOf(first, reading), value, reading);
    else merge(first, reading);
  }
}

/** `key` is null where it is no plain string. */
function setKey(key: string | null, value: Node, reading: Reading): void {
  reading.changed = true;
  if (key === null) markOpaque(reading);
  if (key === 'epochs') setEpochs(numberOf(value, reading), reading);
  if (key === 'runner') reading.runner = textOf(value, reading).split('.').at(-1) ?? null;
}

function setEpochs(value: number | null, reading: Reading): void {
  const known = value !== null && Number.isSafeInteger(value) && value >= 0;
  if (!known || reading.conditional) markOpaque(reading);
  else reading.opaque = false;
  // What holds in every case is the better guess.
  if (reading.conditional && reading.epochs !== null) return;
  reading.epochs = known ? value : null;
  reading.changed = true;
}

function markOpaque(reading: Reading): void {
  reading.changed = true;
  reading.opaque = true;
  reading.hidden = true;
}

function textOf(node: Node, source: Source): string {
  return source.text.slice(node.from, node.to);
}
