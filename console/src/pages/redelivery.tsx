import { useSearchParams } from 'wouter';
import { BatchProgress } from '../ui/batch-progress';
import { Facts, Page, Panel } from '../ui/page';
import { Show } from '../ui/show';
import { Id } from '../ui/text';
import { Ago } from '../ui/time';
import { useBatch } from '../ui/use-batch';
import { FilterText } from './dead-letters';

export default function Redelivery({ id }: { id: string }) {
  const [params] = useSearchParams();
  const batch = useBatch(id);
  const of = Number(params.get('of'));
  return (
    <Page title="Bulk redelivery" up={['Dead letters', '/dead-letters']} lead={<Id id={id} />}>
      <Panel title="Progress">
        <BatchProgress id={id} of={Number.isInteger(of) && of > 0 ? of : null} />
      </Panel>
      <Panel title="What was asked for">
        <Show query={batch} lines={3}>
          {(data) => (
            <Facts
              facts={[
                ['Filter', <FilterText key="filter" filter={data.filter} />],
                ['Delivered ones too', data.include_delivered ? 'yes' : 'no'],
                ['At most per second', data.rate_per_second ?? 'no limit of its own'],
                ['By', data.actor],
                ['Begun', <Ago key="begun" at={data.created_at} />],
                ['Ended', <Ago key="ended" at={data.finished_at} />],
              ]}
            />
          )}
        </Show>
      </Panel>
    </Page>
  );
}
