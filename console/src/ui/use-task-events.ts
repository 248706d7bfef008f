import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { TaskEvent } from '../api/types';

const TYPES = [
  'started',
  'progress',
  'log',
  'step',
  'retrying',
  'interrupted',
  'canceling',
  'completed',
  'failed',
  'error',
  'canceled',
  'expired',
];
const MOST = 500;

export interface Told {
  events: TaskEvent[];
  state: 'connecting' | 'live' | 'over';
}

/** Everything that happened to a task and each further thing as it happens. A broken stream is taken up again by the browser, with nothing missing. */
export function useTaskEvents(id: string): Told {
  const [told, setTold] = useState<Told>({ events: [], state: 'connecting' });
  const queries = useQueryClient();
  useEffect(() => {
    const stream = new EventSource(`/admin/tasks/${id}/events`);
    let waiting: TaskEvent[] = [];
    let timer: number | undefined;
    // a burst of events is one change of the page
    const flush = () => {
      timer = undefined;
      const fresh = waiting;
      waiting = [];
      setTold(({ events, state }) => ({ events: [...events, ...fresh].slice(-MOST), state }));
      void queries.invalidateQueries({ queryKey: ['task', id] });
    };
    const hear = ({ data }: MessageEvent<string>) => {
      waiting.push(JSON.parse(data) as TaskEvent);
      timer ??= window.setTimeout(flush, 150);
    };
    for (const type of TYPES) stream.addEventListener(`task.${type}`, hear as EventListener);
    stream.onopen = () => setTold((former) => ({ ...former, state: 'live' }));
    stream.onerror = () => setTold((former) => ({ ...former, state: stream.readyState === EventSource.CLOSED ? 'over' : 'connecting' }));
    return () => {
      window.clearTimeout(timer);
      stream.close();
    };
  }, [id, queries]);
  return told;
}
