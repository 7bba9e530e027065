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

const BY_HAND = /^(the rig's own switch|whether somebody)/;

/** Why a rig is not available; what people wrote about a lock-out stays as they wrote it. */
export const whyOf = ({ why, locked_out }: RigStatus): string => !locked_out || BY_HAND.test(why) ? said(why) : why;
