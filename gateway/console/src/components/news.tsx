/** What the laboratory has to tell this person; it is fetched when there is something. */
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { hasNews } from '../state/lab';

const Panel = signal<FunctionComponent | undefined>(undefined);
let asked = false;

function fetchPanel(): void {
  if (asked) return;
  asked = true;
  import('../views/news').then((loaded) => { Panel.value = loaded.NewsPanel; }, () => { asked = false; });
}

export function News() {
  if (!hasNews.value) return null;
  fetchPanel();
  const Shown = Panel.value;
  return Shown ? <Shown /> : null;
}
