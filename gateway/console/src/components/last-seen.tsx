/** What a rig showed when it was last looked at, for who opens it again without a line: words, and nothing that could be taken for live. */
import { useEffect } from 'preact/hooks';
import { valueText } from '../format/number';
import { moment } from '../format/time';
import { t, titleOf } from '../i18n';
import { person } from '../state/identity';
import type { Rig } from '../state/rig';
import { now } from '../state/ticker';
import { Icon } from './icon';

interface Seen {
  /** ms since 1970. */
  at: number;
  title: string;
  title_zh: string;
  rows: { name: string; title: string; title_zh: string; text: string }[];
}

const keyOf = (rig: Rig) => `seen ${person.peek()?.name ?? ''} ${rig.name}`;

function keep(rig: Rig): void {
  if (!rig.heardAt.peek()) return;
  const rows = rig.points.peek().flatMap(({ point, value }) => {
    const last = value.peek();
    const { name, title, title_zh } = point;
    return last?.time ? [{ name, title, title_zh, text: valueText(point, last) }] : [];
  });
  const { title = '', title_zh = '' } = rig.detail.peek()?.rig ?? {};
  const at = now.peek() - (performance.now() - rig.heardAt.peek());
  try {
    localStorage.setItem(keyOf(rig), JSON.stringify({ at, title, title_zh, rows } satisfies Seen));
  } catch { /* storage is off or full */ }
}

function kept(rig: Rig): Seen | undefined {
  try {
    return JSON.parse(localStorage.getItem(keyOf(rig)) ?? '') as Seen;
  } catch {
    return undefined;
  }
}

/** What a rig is called as far as this device knows. */
export const knownTitle = (rig: Rig): string => titleOf(rig.detail.value?.rig ?? { title: '', title_zh: '', ...kept(rig), name: rig.name });

/** Phones end pages without a word: what they hide may not come back. */
export function useLastSeen(rig: Rig): void {
  useEffect(() => {
    const hidden = () => document.visibilityState === 'hidden' && keep(rig);
    const gone = () => keep(rig);
    document.addEventListener('visibilitychange', hidden);
    addEventListener('pagehide', gone);
    return () => {
      keep(rig);
      document.removeEventListener('visibilitychange', hidden);
      removeEventListener('pagehide', gone);
    };
  }, [rig]);
}

export function LastSeen({ rig }: { rig: Rig }) {
  const seen = kept(rig);
  if (!seen) return null;
  return (
    <section class="card stack not-live" data-seen>
      <h2 class="with-icon"><Icon name="clock" />{t('seen.title', { time: moment(seen.at, now.value) })}</h2>
      <ul class="lines">{seen.rows.map((row) => <li key={row.name}><span>{titleOf(row)}</span><span class="faint">{row.text}</span></li>)}</ul>
    </section>
  );
}
