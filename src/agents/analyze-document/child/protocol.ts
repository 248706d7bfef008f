import type { Analysis } from '../analysis.js';
import type { Limits } from '../limits.js';

/** One line of JSON each, from the child's standard output. */
export type Message =
  | { kind: 'reading'; page: number; pages: number }
  | { kind: 'stage'; stage: Stage }
  | { kind: 'failed'; code: string; message: string }
  | { kind: 'done'; analysis: Analysis };

export type Stage = 'finding' | 'comparing';

/** The child's only argument, as JSON. */
export interface Order {
  limits: Limits;
  /** Standard input begins with that many bytes of the caller's playbook; the document follows. Arguments can be seen by others. */
  playbookBytes: number;
}
