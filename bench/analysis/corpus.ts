import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Category, categories } from '../../src/agents/analyze-document/analysis.js';

/** A contract with the spans that lawyers marked in it. `<omitted>` in a span stands for words left out. */
export interface Contract {
  id: string;
  /** Paths. */
  txt: string;
  pdf: string | null;
  labels: Record<Category, string[]>;
}

/** The names of CUAD. */
export const labelNames: Record<Category, string> = {
  ip_ownership_assignment: 'Ip Ownership Assignment',
  joint_ip_ownership: 'Joint Ip Ownership',
  license_grant: 'License Grant',
  non_transferable_license: 'Non-Transferable License',
  affiliate_license_licensor: 'Affiliate License-Licensor',
  affiliate_license_licensee: 'Affiliate License-Licensee',
  unlimited_license: 'Unlimited/All-You-Can-Eat-License',
  irrevocable_or_perpetual_license: 'Irrevocable Or Perpetual License',
  source_code_escrow: 'Source Code Escrow',
  covenant_not_to_sue: 'Covenant Not To Sue',
};

/**
 * Reads `labels.jsonl` of a folder: one JSON object per line, `{id, txt, pdf|null, labels: {category: [span, …]}}`, with
 * paths from that folder and the category names of CUAD.
 */
export async function readCorpus(folder: string): Promise<Contract[]> {
  const lines = (await readFile(join(folder, 'labels.jsonl'), 'utf8')).split('\n').filter((line) => line.trim());
  return lines.map((line) => toContract(folder, JSON.parse(line)));
}

interface Labelled {
  id: string;
  txt: string;
  pdf: string | null;
  labels: Record<string, string[]>;
}

function toContract(folder: string, { id, txt, pdf, labels }: Labelled): Contract {
  return {
    id,
    txt: join(folder, txt),
    pdf: pdf && join(folder, pdf),
    labels: Object.fromEntries(
      categories.map((category) => [category, (labels[labelNames[category]] ?? []).filter((span) => span.trim())]),
    ) as Contract['labels'],
  };
}
