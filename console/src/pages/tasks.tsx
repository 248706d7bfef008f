import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { get, query } from '../api/client';
import { type Page as Items, TASK_STAGES, TASK_STATUSES, type TaskSummary } from '../api/types';
import { LIVE } from '../query-client';
import { Badge } from '../ui/badge';
import { FilterBar, type FilterField, Pager, useFilters } from '../ui/filters';
import { Page, Panel } from '../ui/page';
import { ProgressBar } from '../ui/progress-bar';
import { Empty, Show } from '../ui/show';
import { Table } from '../ui/table';
import { Id } from '../ui/text';
import { Ago } from '../ui/time';

const FIELDS: FilterField[] = [
  { name: 'status', label: 'Status', options: TASK_STATUSES },
  { name: 'stage', label: 'Stage', options: TASK_STAGES },
  { name: 'type', label: 'Type' },
  { name: 'tenant', label: 'Tenant' },
  { name: 'since', label: 'Created since', type: 'datetime-local' },
  { name: 'until', label: 'Created before', type: 'datetime-local' },
];

export default function Tasks() {
  const filters = useFilters(FIELDS.map(({ name }) => name));
  const tasks = useQuery({
    queryKey: ['tasks', filters.values, filters.cursor],
    queryFn: ({ signal }) =>
      get<Items<TaskSummary>>(`/admin/tasks${query({ ...filters.values, cursor: filters.cursor, limit: 50 })}`, signal),
    ...LIVE,
  });
  return (
    <Page title="Tasks" lead={<p>What callers asked agents to do, newest first.</p>}>
      <FilterBar fields={FIELDS} filters={filters} />
      <Panel title="Tasks of all tenants">
        <Show query={tasks} lines={10}>
          {({ items, next_cursor }) =>
            items.length === 0 ? (
              <Empty title={filters.any ? 'No task matches.' : 'No tasks yet.'}>
                {filters.any ? 'Loosen the filters to see others.' : 'The README shows how to submit one.'}
              </Empty>
            ) : (
              <>
                <TaskTable tasks={items} />
                <Pager filters={filters} next={next_cursor} shown={items.length} />
              </>
            )
          }
        </Show>
      </Panel>
    </Page>
  );
}

function TaskTable({ tasks }: { tasks: readonly TaskSummary[] }) {
  return (
    <Table
      caption="Tasks"
      rows={tasks}
      rowKey={({ task_id }) => task_id}
      columns={[
        { head: 'Task', label: 'Task', cell: ({ task_id }) => <Id id={task_id} to={`/tasks/${task_id}`} /> },
        {
          head: 'Type',
          label: 'Type',
          cell: ({ type, tenant }) => (
            <>
              <Link href={`/tasks?type=${encodeURIComponent(type)}`} className="block">
                {type}
              </Link>
              <span className="meta">
                <span>{tenant}</span>
              </span>
            </>
          ),
        },
        { head: 'Stage', label: 'Stage', cell: ({ stage }) => <Badge state={stage} /> },
        {
          head: 'Progress',
          label: 'Progress',
          className: 'grow',
          cell: ({ progress, error }) =>
            error ? (
              <>
                <span className="error-text">{error.message}</span>
                <span className="meta">
                  <span>{error.code}</span>
                </span>
              </>
            ) : progress ? (
              <ProgressBar progress={progress} />
            ) : (
              <span className="faint">–</span>
            ),
        },
        { head: 'Runs', label: 'Runs', className: 'right', cell: ({ runs }) => runs },
        { head: 'Created', label: 'Created', cell: ({ created_at }) => <Ago at={created_at} /> },
        { head: 'Ended', label: 'Ended', cell: ({ finished_at }) => <Ago at={finished_at} /> },
      ]}
    />
  );
}
