import { announcement } from '../state/announce';

/** Two live regions, because a trip must interrupt and a greeting must not. */
export function Announcer() {
  const { text, urgent } = announcement.value;
  return (
    <div class="unseen">
      <div role="status" aria-live="polite">{urgent ? '' : text}</div>
      <div role="alert" aria-live="assertive">{urgent ? text : ''}</div>
    </div>
  );
}
