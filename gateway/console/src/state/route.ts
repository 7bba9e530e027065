/** Which view is shown, in the address after `#`: no token, no secret is ever there. */
import { signal } from '@preact/signals';

export interface Route {
  view: string;
  /** What it is about: a rig's name. */
  of: string;
}

function read(): Route {
  const [view = '', of = ''] = location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  return { view, of };
}

export const route = signal<Route>(read());
addEventListener('hashchange', () => {
  route.value = read();
  scrollTo(0, 0);
});

export function go(view: string, of = ''): void {
  location.hash = '#/' + [view, of].filter(Boolean).map(encodeURIComponent).join('/');
}
