/** The gateway's own sentences, which are English, in the page's language: fetched when there is one to say. */
import { signal } from '@preact/signals';
import type { RigStatus } from 'lab.proto';
import { language } from '../state/settings';

const chinese = signal<((text: string) => string) | undefined>(undefined);

export function said(text: string): string {
  if (!text || language.value !== 'zh') return text;
  if (!chinese.value) void import('./sentences-zh').then(({ inChinese }) => { chinese.value = inChinese; }, () => {});
  return chinese.value?.(text) ?? text;
}

/** Why a rig is not available; of a locked-out one that is what people wrote, and stays as they wrote it. */
export const rigWhy = ({ why, locked_out }: RigStatus): string => locked_out ? why : said(why);
