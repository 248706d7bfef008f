import { accepted } from './accepted.js';
import { answered } from './answered.js';
import { delivered, repeatsOf } from './delivered.js';
import { ended } from './ended.js';
import { type Evidence, Indexed, type Rule, type Violation, violation } from './evidence.js';
import { fenced } from './fenced.js';
import { kept, lived } from './processes.js';
import { signed } from './signed.js';

const RULES: readonly Rule[] = [accepted, ended, delivered, fenced, signed, answered, kept, lived];

/** Everything that was promised and not kept. Nothing in this folder knows the code of the service. */
export function check(evidence: Evidence): { violations: Violation[]; indexed: Indexed } {
  const indexed = new Indexed(evidence);
  const violations = RULES.flatMap((rule) => rule(indexed));
  for (const what of evidence.unsettled) violations.push(violation('G3', what));
  return { violations, indexed };
}

/** How often receivers got what they had accepted before, by the reason for it. */
export function countRepeats(indexed: Indexed): Record<string, number> {
  const repeats = indexed.evidence.database.outbox.flatMap((row) =>
    repeatsOf(indexed.attemptsOf.get(row.id) ?? [], indexed.receivedOf.get(row.id) ?? []),
  );
  return Object.fromEntries([...Map.groupBy(repeats, ({ because }) => because ?? 'none')].map(([reason, each]) => [reason, each.length]));
}
