/** What a reader finds in `master-services-agreement.pdf`; the demo and the tests hold the agent to it exactly. */

export const expectedPages = 21;

export const expectedIpClauses = [
  'Clause 7.2',
  'Clause 7.4',
  'Clause 7.5',
  'Clause 7.6',
  'Clause 7.7',
  'Clause 8.2',
  'Clause 9.1',
  'Clause 9.2',
  'Clause 9.3',
  'Clause 9.4',
  'Clause 10.1',
  'Clause 10.2',
  'Clause 11.2',
];

export const expectedDiscrepancies: { category: string; clause_ref: string | null; severity: 'low' | 'medium' | 'high' }[] = [
  // Title passes on payment only.
  { category: 'ip_ownership_assignment', clause_ref: 'Clause 7.2', severity: 'medium' },
  // Suggestions: for any purpose, for nothing, for ever.
  { category: 'license_grant', clause_ref: 'Clause 7.6', severity: 'medium' },
  { category: 'license_grant', clause_ref: 'Clause 7.6', severity: 'low' },
  { category: 'irrevocable_or_perpetual_license', clause_ref: 'Clause 7.6', severity: 'high' },
  // Joint ownership at all, and without consent or accounting.
  { category: 'joint_ip_ownership', clause_ref: 'Clause 7.7', severity: 'medium' },
  { category: 'joint_ip_ownership', clause_ref: 'Clause 7.7', severity: 'high' },
  { category: 'unlimited_license', clause_ref: 'Clause 8.2', severity: 'low' },
  { category: 'source_code_escrow', clause_ref: 'Clause 9.2', severity: 'medium' },
  { category: 'source_code_escrow', clause_ref: 'Clause 9.4', severity: 'low' },
  { category: 'covenant_not_to_sue', clause_ref: 'Clause 10.2', severity: 'medium' },
  { category: 'covenant_not_to_sue', clause_ref: 'Clause 11.2', severity: 'high' },
];
