import type { Block, Message } from '../../../../src/domain/message.ts';
import type { Clock, Logger } from '../../../../src/domain/ports.ts';

export interface ManualClock extends Clock {
  /** Moves time on and runs what has become due. */
  advance(ms: number): void;
  /** Resolves once something is due in exactly `ms`. */
  waiting(ms: number): Promise<void>;
}

export function manualClock(start = 1_700_000_000_000): ManualClock {
  let now = start;
  const tasks = new Set<{ at: number; run: () => void }>();
  let asked: () => void = () => {};
  return {
    now: () => now,
    after(ms, run) {
      const task = { at: now + ms, run };
      tasks.add(task);
      asked();
      return () => tasks.delete(task);
    },
    async waiting(ms) {
      while (![...tasks].some(({ at }) => at === now + ms)) {
        await new Promise<void>((resolve) => {
          asked = resolve;
        });
      }
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...tasks].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        tasks.delete(next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
  };
}

/** Time passes as soon as something waits for it. */
export function hastyClock(start = 1_700_000_000_000): Clock {
  let now = start;
  return {
    now: () => now,
    after(ms, run) {
      const handle = setImmediate(() => {
        now += ms;
        run();
      });
      return () => clearImmediate(handle);
    },
  };
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

export interface RecordingLogger extends Logger {
  readonly lines: LogLine[];
  /** Resolves with the first line of this message, past or to come. */
  line(message: string): Promise<LogLine>;
}

export function recordingLogger(): RecordingLogger {
  const lines: LogLine[] = [];
  const waiting: { message: string; resolve: (line: LogLine) => void }[] = [];
  function at(level: LogLine['level']) {
    return (fields: object, message: string) => {
      const line = { level, fields: fields as Record<string, unknown>, message };
      lines.push(line);
      for (const one of waiting.filter((waiter) => waiter.message === message)) one.resolve(line);
    };
  }
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    line(message) {
      const found = lines.find((line) => line.message === message);
      return found ? Promise.resolve(found) : new Promise((resolve) => waiting.push({ message, resolve }));
    },
  };
}

export function paragraph(value: string): Block {
  return { type: 'paragraph', children: [{ type: 'text', value }] };
}

export function heading(value: string, depth: 1 | 2 = 1): Block {
  return { type: 'heading', depth, children: [{ type: 'text', value }] };
}

export function list(...items: string[]): Block {
  const children = items.map((item) => ({ type: 'listItem' as const, children: [paragraph(item)] }));
  return { type: 'list', ordered: false, children };
}

export function messageOf(parts: Partial<Message> = {}): Message {
  const title = parts.title ?? 'Run failed: CUDA out of memory';
  return {
    kind: 'alert',
    severity: 'critical',
    resolved: false,
    title,
    body: [heading(title), paragraph('configs/exp/model_v3.py on gpu1')],
    details: [],
    alertIds: ['a1'],
    ...parts,
  };
}
