import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect } from 'react';
import { Problem, send } from '../api/client';
import { client } from '../query-client';
import { readSession } from '../session';
import { Mark } from '../ui/shell';

export function SignIn() {
  useEffect(() => {
    document.title = 'Sign in · Postback';
  }, []);
  const enter = useMutation({
    mutationFn: (key: string) => send('POST', '/console/session', { key }),
    onSuccess: async () => client.setQueryData(['session'], await readSession()),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    enter.mutate(String(new FormData(event.currentTarget).get('key')).trim());
  };
  return (
    <main className="alone">
      <form className="sign-in" onSubmit={submit}>
        <h1>
          <Mark />
          Postback
        </h1>
        <p className="faint">Sign in to the console with an API key that has the scope admin.</p>
        <label className="labeled">
          <span>Admin key</span>
          <input name="key" type="password" autoComplete="current-password" required spellCheck={false} aria-describedby="refusal" />
        </label>
        <div id="refusal" aria-live="polite">
          {enter.error && <p className="refused">{say(enter.error)}</p>}
        </div>
        <button type="submit" className="primary" disabled={enter.isPending}>
          {enter.isPending ? 'One moment…' : 'Sign in'}
        </button>
        <p className="faint small-print">
          The key is exchanged for a session cookie and is not kept in this browser. No key at hand? On the host: <code>npm run keys</code>.
        </p>
      </form>
    </main>
  );
}

function say(error: Error): string {
  if (error instanceof Problem && error.code === 'too_many_sign_ins' && error.retryAfterSeconds !== null)
    return `Too many wrong keys came from this address. Try again in ${error.retryAfterSeconds} s.`;
  if (error instanceof Problem && error.code === 'validation_failed') return 'This is no API key: 8 to 256 visible characters.';
  return error.message;
}
