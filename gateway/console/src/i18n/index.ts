/** All text of the page. To add a language: one more table, one more row here (docs/console.md). */
import { Refusal } from '../protocol/refusal';
import { language, type Language } from '../state/settings';
import { en, type Key } from './en';
import { whyOf } from './reasons';
import { zh } from './zh';

const tables: Record<Language, Record<Key, string>> = { en, zh };
export const languages = Object.keys(tables) as Language[];
/** For Intl. */
export const locale = () => (language.value === 'zh' ? 'zh-CN' : 'en-GB');

export type { Key };

/** `{name}` in a text is what `values` has under that name. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

/** The words of a key. Reading it in a view redraws the view when the language changes. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(tables[language.value][key], values);
}

export function languageName(of: Language): string {
  return tables[of]['language.name'];
}

/** What has a title in both languages, or else a name. */
export function titleOf(titled: { title: string; title_zh: string; name: string }): string {
  const first = language.value === 'zh' ? titled.title_zh : titled.title;
  return first || titled.title || titled.title_zh || titled.name;
}

/** A word of the configuration ("open", "closed"), where the table knows it. */
export function word(of: string): string {
  const key = `word.${of}` as Key;
  return key in en ? t(key) : of;
}

/** A rule's name; one that the configuration did not give is the gateway's own ("limit of plc.pump"). */
export const ruleName = (name: string): string => name.replace(/^limit of (.*)/, (_, point: string) => t('rules.limit.of', { point }));

/** Why not, for people. */
export function reasonText(error: unknown): string {
  return error instanceof Refusal ? whyOf(error.reason, error.message) : String(error);
}
