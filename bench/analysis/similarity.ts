import { covered, Span } from './measure/span.js';

/**
 * How alike two texts of one document are, 0 to 1: the share of tokens that lie in a run of five which the other has as
 * well, both ways, as their harmonic mean. White space, case and hyphens do not count; lost, added and displaced text does.
 */
export function similarity(one: string, other: string): number {
  const [a, b] = [new Span(one), new Span(other)];
  if (a.length === 0 || b.length === 0) return 0;
  const [there, back] = [covered(a, b.runs) / a.length, covered(b, a.runs) / b.length];
  return there + back === 0 ? 0 : (2 * there * back) / (there + back);
}
