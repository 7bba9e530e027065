/** Words of a view that is fetched when it is opened: they stand beside it, so that a first visit does not pay for them.
 * What every visit needs is in en.ts and zh.ts. */
import { fill } from './index';
import { language, type Language } from '../state/settings';

/** `zh` has exactly the keys of `en`; what stands in braces is filled in. Read in a view, it redraws with the language. */
export function words<Key extends string>(tables: { en: Record<Key, string> } & Record<Exclude<Language, 'en'>, Record<NoInfer<Key>, string>>) {
  return (key: Key, values: Record<string, string | number> = {}): string =>
    fill((tables as Record<Language, Record<Key, string>>)[language.value][key], values);
}
