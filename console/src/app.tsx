import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Route, Router, Switch, useLocation } from 'wouter';
import { SignIn } from './pages/sign-in';
import { client } from './query-client';
import { useSession } from './session';
import { PageBoundary } from './ui/page-boundary';
import { Shell } from './ui/shell';
import { Failed, Loading } from './ui/show';

const Overview = lazy(() => import('./pages/overview'));
const DeadLetters = lazy(() => import('./pages/dead-letters'));
const Redelivery = lazy(() => import('./pages/redelivery'));
const Deliveries = lazy(() => import('./pages/deliveries'));
const Delivery = lazy(() => import('./pages/delivery'));
const Endpoints = lazy(() => import('./pages/endpoints'));
const Endpoint = lazy(() => import('./pages/endpoint'));
const Tasks = lazy(() => import('./pages/tasks'));
const Task = lazy(() => import('./pages/task'));
const Alerts = lazy(() => import('./pages/alerts'));
const Keys = lazy(() => import('./pages/keys'));
const Audit = lazy(() => import('./pages/audit'));
const Search = lazy(() => import('./pages/search'));
const NotFound = lazy(() => import('./pages/not-found'));

export function App() {
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={client}>
        <Router base="/console">
          <Door />
        </Router>
      </QueryClientProvider>
    </CSPProvider>
  );
}

/** Whoever is signed in sees the page the address names; whoever is not signs in there and stays. */
function Door() {
  const session = useSession();
  const [path] = useLocation();
  if (session.data === undefined && session.error)
    return (
      <main className="alone">
        <Failed error={session.error} again={() => void session.refetch()} busy={session.isFetching} />
      </main>
    );
  if (session.data === undefined)
    return (
      <main className="alone">
        <Loading lines={2} />
      </main>
    );
  if (session.data === null) return <SignIn />;
  return (
    <Shell session={session.data}>
      <PageBoundary key={path}>
        <Suspense fallback={<Loading />}>
          <Pages />
        </Suspense>
      </PageBoundary>
    </Shell>
  );
}

function Pages() {
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/dead-letters" component={DeadLetters} />
      <Route path="/redeliveries/:id">{({ id }) => <Redelivery key={id} id={id} />}</Route>
      <Route path="/deliveries" component={Deliveries} />
      <Route path="/deliveries/:id">{({ id }) => <Delivery key={id} id={id} />}</Route>
      <Route path="/endpoints" component={Endpoints} />
      <Route path="/endpoints/:id">{({ id }) => <Endpoint key={id} id={id} />}</Route>
      <Route path="/tasks" component={Tasks} />
      <Route path="/tasks/:id">{({ id }) => <Task key={id} id={id} />}</Route>
      <Route path="/alerts" component={Alerts} />
      <Route path="/keys" component={Keys} />
      <Route path="/audit" component={Audit} />
      <Route path="/search" component={Search} />
      <Route component={NotFound} />
    </Switch>
  );
}
