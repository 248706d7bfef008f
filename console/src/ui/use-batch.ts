import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client';
import type { Batch } from '../api/types';

/** A bulk redelivery, looked at quickly for whoever watches. */
export const useBatch = (id: string) =>
  useQuery({
    queryKey: ['batch', id],
    queryFn: ({ signal }) => get<Batch>(`/admin/redeliveries/${id}`, signal),
    refetchInterval: ({ state }) => (state.data === undefined || state.data.state === 'running' ? 1000 : 5000),
  });
