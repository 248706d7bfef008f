import type { EndpointAttempt } from '../api/types';
import { toneOf } from './badge';
import { local, milliseconds, words } from './format';

const HEIGHT = 44;

/** Oldest to newest: a column per attempt, as high as it took long (by its logarithm), in the colour of what came of it. */
export function AttemptStrip({ attempts }: { attempts: readonly EndpointAttempt[] }) {
  const byTime = [...attempts].reverse();
  const longest = Math.max(1, ...byTime.map(({ duration_ms }) => duration_ms ?? 0));
  const good = byTime.filter(({ outcome }) => outcome === 'delivered').length;
  const from = byTime[0]!.started_at;
  return (
    <figure className="strip">
      <div className="columns" role="img" aria-label={`${good} of the last ${byTime.length} attempts were delivered`}>
        {byTime.map((attempt) => (
          <i
            key={`${attempt.outbox_id} ${attempt.attempt}`}
            className={toneOf(attempt.outcome)}
            title={`${local(attempt.started_at)}: ${words(attempt.outcome)}${attempt.status_code === null ? '' : ` ${attempt.status_code}`}, ${milliseconds(attempt.duration_ms)}`}
            style={{ height: height(attempt.duration_ms ?? 0, longest) }}
          />
        ))}
      </div>
      <figcaption>
        <span>{local(from)}</span>
        <span>
          {good} of {byTime.length} delivered; the slowest took {milliseconds(longest)}
        </span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}

const height = (ms: number, longest: number): number => 8 + (HEIGHT - 8) * (Math.log1p(ms) / Math.log1p(longest));
