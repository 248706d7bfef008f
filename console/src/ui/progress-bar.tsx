import type { Progress } from '../api/types';

export function ProgressBar({ progress: { fraction, message } }: { progress: Progress }) {
  const text = message ?? 'Under way';
  return (
    <span className="progress">
      <progress aria-label={text} max={1} {...(fraction !== null && { value: fraction })} />
      <span>
        {fraction !== null && <b>{Math.round(fraction * 100)} %</b>} {text}
      </span>
    </span>
  );
}
