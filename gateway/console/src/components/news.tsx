/** What the laboratory has to tell this person; how it is shown is fetched when there is something. */
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { person } from '../state/identity';
import { followNews, notices, tickets } from '../state/news';

const Panel = signal<FunctionComponent | undefined>(undefined);
let asked = false;

function fetchPanel(): void {
  if (asked) return;
  asked = true;
  import('../views/news').then((loaded) => { Panel.value = loaded.NewsPanel; }, () => { asked = false; });
}

export function News() {
  useEffect(() => followNews(), [person.value]);
  if (!notices.value.length && !tickets.value.length) return null;
  fetchPanel();
  const Shown = Panel.value;
  return Shown ? <Shown /> : null;
}
