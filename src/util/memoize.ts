/** Remembers the answers to the last `limit` arguments or so. For pure functions only. */
export function memoize<Argument, Answer>(
  ask: (argument: Argument) => Answer,
  limit: number,
): (argument: Argument) => Answer {
  const known = new Map<Argument, Answer>();
  return (argument) => {
    const before = known.get(argument);
    if (before !== undefined || known.has(argument)) return before as Answer;
    if (known.size >= limit) known.clear();
    const answer = ask(argument);
    known.set(argument, answer);
    return answer;
  };
}
