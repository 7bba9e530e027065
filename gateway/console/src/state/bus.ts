/** The one connection of this page. */
import { Bus } from '../protocol/bus';

function address(): string {
  const url = new URL('bus', location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  url.hash = url.search = '';
  return url.href;
}

export const bus = new Bus(address());
