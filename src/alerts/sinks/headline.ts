import type { AlertNotice } from '../sink.js';

/** An alert in one line. */
export function headline({ event, title, acknowledgedBy }: AlertNotice): string {
  switch (event) {
    case 'raised':
      return title;
    case 'acknowledged':
      return `Taken on${acknowledgedBy === null ? '' : ` by ${acknowledgedBy}`}: ${title}`;
    case 'resolved':
      return `Resolved: ${title}`;
    default:
      throw new Error(`A notice cannot be ${event satisfies never}.`);
  }
}

/** The figures and names that are known, in their order. */
export const facts = ({ detail }: AlertNotice): [string, string][] =>
  Object.entries(detail).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]]));
