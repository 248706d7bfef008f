import { useQuery } from '@tanstack/react-query';
import { get, isSignedOut } from './api/client';
import type { Session } from './api/types';

/** Null: nobody is signed in. */
export function useSession() {
  return useQuery({ queryKey: ['session'], queryFn: readSession, staleTime: 60_000, refetchInterval: 60_000 });
}

export async function readSession(): Promise<Session | null> {
  try {
    return await get<Session>('/console/session');
  } catch (error) {
    if (isSignedOut(error)) return null;
    throw error;
  }
}
