import type { AlertNotice } from './sink.js';

/** Where it is written what to do about an alert. @param page where docs/running.md is published; null: its path in the repository */
export const runbookLink = (page: string | null, kind: AlertNotice['kind']): string => `${page ?? 'docs/running.md'}#${kind}`;
