/** What this person wants on this device. Nothing here is secret, and a browser that keeps nothing still works. */
import { effect, signal } from '@preact/signals';

export type Language = 'zh' | 'en';
/** Xinjiang lives by two clocks (UTC+8 and UTC+6). */
export type Zone = 'beijing' | 'xinjiang';
export type Theme = 'auto' | 'light' | 'dark';

function kept<T extends string>(name: string, values: readonly T[], fallback: T) {
  let first: string | null = null;
  try {
    first = localStorage.getItem(name);
  } catch { /* storage is off */ }
  const setting = signal<T>(values.includes(first as T) ? (first as T) : fallback);
  setting.subscribe((value) => {
    try {
      localStorage.setItem(name, value);
    } catch { /* storage is off */ }
  });
  return setting;
}

export const language = kept<Language>('language', ['zh', 'en'], navigator.language.startsWith('zh') ? 'zh' : 'en');
export const zone = kept<Zone>('zone', ['beijing', 'xinjiang'], 'beijing');
export const theme = kept<Theme>('theme', ['auto', 'light', 'dark'], 'auto');

effect(() => {
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
  document.documentElement.dataset['theme'] = theme.value;
});
