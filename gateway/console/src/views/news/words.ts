import type { Notice } from 'lab.proto';
import { words } from '../../i18n/words';
import { language, type Language } from '../../state/settings';

export const n = words({
  en: {
    'title': 'News for you',
    'offer': '{rig} is free and kept for you.',
    'offer.until': 'Yours until {until} if you take it.',
    'offer.left': 'Take it within {left}',
    'offer.take': 'Take it',
    'offer.no': 'No, thanks',
    'place': 'You wait for {what}: number {place}.',
    'place.about': 'Your turn at about {time}, if nobody leaves early.',
    'place.unknown': 'When it is your turn cannot be told.',
    'place.leave': 'Wait no longer',
    'approve': 'Approve',
    'decline': 'Decline',
    'more': '{said}, and {more} more with it.',
    'reason': ' ({reason})',
    'seen': 'I have seen this',
  },
  zh: {
    'title': '通知',
    'offer': '“{rig}”已空闲，为您保留。',
    'offer.until': '接受后可使用至 {until}。',
    'offer.left': '请在 {left} 内接受',
    'offer.take': '接受',
    'offer.no': '不用了',
    'place': '您正在等待“{what}”，排第 {place} 位。',
    'place.about': '若无人提前结束，约 {time} 轮到您。',
    'place.unknown': '暂时无法预计何时轮到您。',
    'place.leave': '不再等待',
    'approve': '批准',
    'decline': '不批准',
    'more': '{said}，另有 {more} 个一并安排。',
    'reason': '（{reason}）',
    'seen': '知道了',
  },
});

/** By the names of docs/names.md, "Notices"; tests/docs/names compares. */
const kinds: Record<string, Record<Language, string>> = {
  'moved': { en: 'Your booking is on another rig now.', zh: '您的预约已改到另一台设备。' },
  'rig-out': { en: 'The rig is out of service and no other one will do: if it does not return, your booking is cancelled.', zh: '设备停用，暂无其他设备可用；如不恢复，预约将被取消。' },
  'rig-back': { en: 'The rig is in service again: your booking stands.', zh: '设备已恢复使用，您的预约照常有效。' },
  'cancelled': { en: 'The laboratory had to cancel your booking; nothing is charged.', zh: '实验室取消了您的预约，不计入使用额度。' },
  'refunded': { en: 'The rig went out of service during your session; nothing is charged.', zh: '实验过程中设备停用，不计入使用额度。' },
  'unused': { en: 'Your session is not used: soon it ends and the rig is freed.', zh: '您的实验尚未开始使用，设备即将被释放。' },
  'no-show': { en: 'Your session was not used and has ended.', zh: '您的实验未使用，已结束。' },
  'expired': { en: 'Nobody approved your booking in time.', zh: '您的预约未及时获得批准，已失效。' },
  'offer': { en: 'A rig was kept for you for a short time.', zh: '曾有设备空闲，为您短时保留。' },
  'offer-over': { en: 'The offer was not taken in time; your place in the queue went with it.', zh: '未及时接受空位，排队号已失效。' },
  'gave-up': { en: 'Nothing became free for as long as you wanted to wait.', zh: '在您愿意等待的时间内没有空位。' },
  'offer-withdrawn': { en: 'The rig that was kept for you went out of service; you keep your place in the queue.', zh: '为您保留的设备已停用，您的排队位置不变。' },
  'to-approve': { en: 'A booking waits for your approval.', zh: '有一个预约等待您的批准。' },
  'approved': { en: 'Your booking was approved.', zh: '您的预约已获批准。' },
  'declined': { en: 'Your booking was not approved.', zh: '您的预约未获批准。' },
  'rescheduled': { en: 'The laboratory has put your booking at another time, or on another rig.', zh: '实验室调整了您的预约的时间或设备。' },
  'rig-changed': { en: 'The rig’s configuration was changed, which ended your session; nothing is charged.', zh: '设备配置已更改，实验因此结束，不计入使用额度。' },
  'booked': { en: 'A booking was made for you.', zh: '已为您安排预约。' },
  'given': { en: 'Somebody handed a booking to you.', zh: '有人将预约转给了您。' },
  'given-away': { en: 'The laboratory handed your booking to somebody else.', zh: '实验室已将您的预约转给他人。' },
};

/** The gateway's own sentence is for what a later gateway tells. */
export function kindText({ kind, text, more, reason }: Notice): string {
  const known = kinds[kind]?.[language.value];
  if (!known) return text;
  if (more) return n('more', { said: known.replace(/[.。]$/, ''), more });
  return reason ? known + n('reason', { reason }) : known;
}
