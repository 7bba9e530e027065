import { render } from 'preact';
import { App } from './views/app';

const page = document.getElementById('page')!;
page.textContent = '';
render(<App />, page);

// Where HTTPS (or this very machine) is trusted the page can be installed, and opens without a line.
if ('serviceWorker' in navigator && isSecureContext) {
  addEventListener('load', () => void navigator.serviceWorker.register('worker.js').catch(() => {}));
}
