import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { isSignedOut, Problem } from './api/client';

/** Any answer may be the one that tells that the session is over: the page then asks to sign in, at the same address. */
const onError = (error: unknown): void => {
  if (isSignedOut(error)) client.setQueryData(['session'], null);
};

/** What the caller did wrong will be wrong again. */
const retry = (failures: number, error: unknown): boolean =>
  failures < 2 && !(error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429);

export const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError, onSuccess: () => void client.invalidateQueries() }),
  defaultOptions: { queries: { retry, retryDelay: 1000, staleTime: 1000, refetchOnWindowFocus: true }, mutations: { retry: false } },
});

/** How often what may move is looked at. A page in the background looks at nothing. */
export const LIVE = { refetchInterval: 4000 } as const;
