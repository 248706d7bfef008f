/** A node of what EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) prints; the parts that are looked at here. */
export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'CTE Name'?: string;
  'Subplan Name'?: string;
  Operation?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

/** Tables that grow with every task and webhook: reading one of them whole is never right. */
const LARGE = ['webhook_outbox', 'webhook_attempts', 'webhook_events', 'tasks'];

/** A row for each process that lives: no index is of use there. */
const HANDFUL = ['processes'];

/** The plan as a tree of short lines: what is done, by which index, for how many rows, with how many shared buffers (hit or read). */
export function renderPlan(plan: PlanNode, depth = 0): string[] {
  return [`${'  '.repeat(depth)}${describe(plan)}`, ...(plan.Plans ?? []).flatMap((child) => renderPlan(child, depth + 1))];
}

/** What must never be seen in a plan of the delivery engine; nothing when all is well. */
export function faultsOf(plan: PlanNode): string[] {
  const nodes = [...nodesOf(plan)];
  const read = nodes.filter((node) => node['Node Type'].includes('Seq Scan') && LARGE.includes(node['Relation Name'] ?? ''));
  const faults = read.map((node) => `reads ${node['Relation Name']} from end to end (${node['Node Type']})`);
  const reads = nodes.some(
    ({ 'Node Type': type, 'Relation Name': table }) => type.endsWith('Scan') && table !== undefined && !HANDFUL.includes(table),
  );
  if (reads && indexesOf(plan).length === 0) faults.push('uses no index');
  return faults;
}

/** Every index the plan may go through, each once. */
export function indexesOf(plan: PlanNode): string[] {
  return [...new Set([...nodesOf(plan)].flatMap((node) => node['Index Name'] ?? []))];
}

/**
 * Shared buffers, hit or read, of a whole statement. Those of its top node include its children's, but not what a WITH writes that
 * nobody reads: that runs when the rest is done.
 */
export function buffersOf(plan: PlanNode): number {
  const read = new Set([...nodesOf(plan)].map((node) => node['CTE Name']));
  const unread = [...nodesOf(plan)].filter(
    (node) => node['Node Type'] === 'ModifyTable' && node['Subplan Name']?.startsWith('CTE ') && !read.has(node['Subplan Name'].slice(4)),
  );
  return [plan, ...unread].reduce((sum, node) => sum + node['Shared Hit Blocks'] + node['Shared Read Blocks'], 0);
}

function* nodesOf(plan: PlanNode): Iterable<PlanNode> {
  yield plan;
  for (const child of plan.Plans ?? []) yield* nodesOf(child);
}

function describe(node: PlanNode): string {
  const { 'Actual Rows': rows, 'Actual Loops': loops, 'Rows Removed by Filter': removed = 0 } = node;
  const title = [
    node['Subplan Name'] && `${node['Subplan Name']}:`,
    node['Node Type'] === 'ModifyTable' ? node.Operation : node['Node Type'],
    node['Index Name'] && `using ${node['Index Name']}`,
    node['Relation Name'] && `on ${node['Relation Name']}`,
    node['CTE Name'] && node['Node Type'] === 'CTE Scan' && `of ${node['CTE Name']}`,
  ];
  if (loops === 0) return `${title.filter(Boolean).join(' ')} (never)`;
  const figures = [
    `${rows} ${rows === 1 ? 'row' : 'rows'}`,
    loops > 1 && `${loops} times`,
    removed > 0 && `${removed} filtered out`,
    `${node['Shared Hit Blocks'] + node['Shared Read Blocks']} buffers`,
  ];
  return `${title.filter(Boolean).join(' ')} (${figures.filter(Boolean).join(', ')})`;
}
