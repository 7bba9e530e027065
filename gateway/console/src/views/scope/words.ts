import { words } from '../../i18n/words';

export const s = words({
  en: {
    'title': 'Oscilloscope',
  },
  zh: {
    'title': '示波器',
  },
});
