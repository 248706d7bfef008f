import { covered, type Span } from './span.js';

/** Without doubles, without those that say nothing. */
export function distinct(spans: readonly Span[]): Span[] {
  return [...new Map(spans.filter(({ length }) => length > 0).map((span) => [span.key, span])).values()];
}

/** Spans that are nearly the same, or lie inside a longer one, are one thing to find. The longest comes first. */
export function group(spans: readonly Span[]): Span[][] {
  const groups: Span[][] = [];
  for (const span of longestFirst(spans)) {
    const home = groups.find(([longest]) => covered(span, longest!.runs) >= 0.8 * span.length);
    if (home) home.push(span);
    else groups.push([span]);
  }
  return groups;
}

/** Within one category a span inside a longer one stays a thing of its own; only near doubles go. */
export function withoutNearDoubles(spans: readonly Span[]): Span[] {
  const kept: Span[] = [];
  for (const span of longestFirst(spans)) {
    const double = kept.some((other) => {
      const shared = covered(span, other.runs);
      return shared > 0 && shared / (span.length + other.length - shared) >= 0.8;
    });
    if (!double) kept.push(span);
  }
  return kept;
}

const longestFirst = (spans: readonly Span[]) => [...spans].sort((a, b) => b.length - a.length);
