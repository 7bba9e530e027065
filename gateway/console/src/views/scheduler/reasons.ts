/** Why something of the timetable was refused, by the names of docs/names.md; what is not here is in i18n/reasons.ts. */
import { reasonText } from '../../i18n';
import { reasons as common } from '../../i18n/reasons';
import { Refusal } from '../../protocol/refusal';
import { language, type Language } from '../../state/settings';

const reasons: Record<string, Record<Language, string>> = {
  'closed': { en: 'the laboratory is closed then', zh: '该时段实验室不开放' },
  'too-late': { en: 'it had to be booked earlier', zh: '已过可预约的时间' },
  'too-short': { en: 'shorter than may be booked', zh: '短于可预约的时长' },
  'too-many': { en: 'that person has as many bookings as they may have', zh: '该人员的预约数已达上限' },
  'quota-bookings': { en: 'the bookings of that day or week are used up', zh: '当天或当周的预约次数已用完' },
  'quota-hours': { en: 'the hours of that day or week are used up', zh: '当天或当周的预约时数已用完' },
  'gap': { en: 'too close to another booking of the same person', zh: '与同一人的另一预约间隔过近' },
  'no-policy': { en: 'nothing can be booked for this group', zh: '该组没有预约规则，无法预约' },
  'unknown-group': { en: 'there is no such group', zh: '没有这个组' },
  'unknown-account': { en: 'there is no such account', zh: '没有这个账号' },
  'not-a-member': { en: 'not a member of this group', zh: '不是该组成员' },
  'not-qualified': { en: 'a qualification is missing', zh: '缺少资格认定' },
  'not-rehearsed': { en: 'the simulator was not used before', zh: '尚未使用过仿真器' },
  'no-show': { en: 'an earlier booking was not used', zh: '此前有预约未使用' },
  'out-of-service': { en: 'the rig is out of service', zh: '实验台停用中' },
  'person-busy': { en: 'somebody is elsewhere at that time', zh: '有人员该时段另有安排' },
  'others-wait': { en: 'others are waiting for the rig', zh: '有人正在排队等待该实验台' },
  'begun': { en: 'it has begun: only its end may change', zh: '已经开始，只能更改结束时间' },
  'not-pending': { en: 'it waits for no approval', zh: '该预约不需要批准' },
  'unknown-term': { en: 'there is no such term', zh: '没有这个学期' },
  'unknown-week': { en: 'the term has no such week', zh: '该学期没有这一周' },
  'unknown-period': { en: 'there is no such class period', zh: '没有这个节次' },
  'unknown-capability': { en: 'no rig has this capability', zh: '没有实验台具备该功能' },
  'too-many-groups': { en: 'more groups than rigs', zh: '小组数多于实验台数' },
  'too-many-at-once': { en: 'too much at once', zh: '一次请求的内容过多' },
  'holiday': { en: 'that day is a holiday', zh: '当天放假' },
  'displaced': { en: 'another day’s classes are held on that day', zh: '当天改上其他日期的课' },
  'moved': { en: 'held on a make-up workday', zh: '在调休上班日上课' },
  'conflicts': { en: 'there are conflicts; nothing was booked', zh: '存在冲突，未作任何预约' },
  'no-extension': { en: 'the group may not extend', zh: '该组不允许延长' },
};

/** Of a reason's name; what no table has is the gateway's own sentence. */
export function whyOf(name: string, said = ''): string {
  return (reasons[name] ?? common[name])?.[language.value] ?? (said || name);
}

export function whyNot(error: unknown): string {
  return error instanceof Refusal ? whyOf(error.reason, error.message) : reasonText(error);
}
