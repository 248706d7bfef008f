// `npm run audit`: are there known vulnerabilities in what is shipped? Exits 0: none. 1: some, listed. 2: could not be found out, which
// is neither. npm itself ends with 1 for both of the latter, and a pipeline must not take "nobody answered" for "nothing found".
import { spawnSync } from 'node:child_process';

const { stdout, stderr, error } = spawnSync('npm', ['audit', '--omit=dev', '--json', '--audit-level=low'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
const report = parse(stdout);

if (report?.auditReportVersion === undefined || report.metadata?.vulnerabilities?.total === undefined) {
  const why = error?.message ?? report?.message ?? report?.error?.summary ?? (stderr.trim().split('\n').at(-1) || 'npm said nothing');
  console.error(`COULD NOT RUN: the registry did not answer the audit (${why}). Nothing is known about the dependencies; run it again.`);
  process.exit(2);
}
const { total } = report.metadata.vulnerabilities;
if (total === 0) {
  console.log('CLEAN: no known vulnerability in the dependencies that are shipped.');
  process.exit(0);
}
for (const { name, severity, via } of Object.values(report.vulnerabilities)) {
  const titles = via.filter((each) => typeof each === 'object').map(({ title, url }) => `${title} ${url}`);
  console.error(`${severity}\t${name}\t${titles.join('; ') || `through ${via.join(', ')}`}`);
}
console.error(`VULNERABLE: ${total} of the dependencies that are shipped.`);
process.exit(1);

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
