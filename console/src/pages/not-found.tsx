import { Link } from 'wouter';
import { Page } from '../ui/page';

export default function NotFound() {
  return (
    <Page title="There is no such page">
      <p>
        Go to the <Link href="/">overview</Link>, or search for an id above.
      </p>
    </Page>
  );
}
