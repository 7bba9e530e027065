/** Views in files of their own, fetched when they are first opened and kept by the worker from then on. */
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { Icon } from '../components/icon';
import { t } from '../i18n';

export type View = FunctionComponent<{ of: string }>;

/** Resolves when the style of a view is in force. `url`: from `import url from './NAME.css?sheet'`. */
export function sheet(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = url;
    link.onload = () => resolve();
    link.onerror = () => { link.remove(); reject(new Error(url)); };
    document.head.append(link);
  });
}

/** `fetch` imports the view's file and picks its component. A line that fails is tried again by the button. */
export function onDemand(fetch: () => Promise<View>): View {
  const found = signal<View | undefined>(undefined);
  const failed = signal(false);
  let asked = false;
  const ask = () => {
    asked = true;
    failed.value = false;
    fetch().then((view) => { found.value = view; }, () => { failed.value = true; });
  };
  return (props) => {
    const Found = found.value;
    if (Found) return <Found {...props} />;
    if (!asked) ask();
    return (
      <main class="page stack">
        {failed.value
          ? <><p class="problem with-icon" role="alert"><Icon name="cross" />{t('view.failed')}</p>
            <button type="button" class="main" onClick={ask}>{t('view.again')}</button></>
          : <p role="status">{t('view.comes')}</p>}
      </main>
    );
  };
}
