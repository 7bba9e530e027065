import { words } from '../../i18n/words';

export const u = words({
  en: {
    'from': 'From', 'last': 'To the end of', 'per': 'By', 'per.1': 'School', 'per.2': 'Group', 'per.3': 'Rig', 'per.4': 'Week',
    'fairness': 'Fairness: share due and got', 'fairness.how': 'Due is the weight among those who wanted anything in that time; groups are compared within their school.',
    'utilisation': 'Utilisation of the time that was open', 'utilisation.how': 'Booked is what was held; used is what somebody came to.',
    'due': 'Share due', 'got': 'Share got', 'used': 'Used', 'booked': 'Booked', 'open': 'Open', 'maintenance': 'Maintenance',
    'bookings': 'Bookings', 'no-shows': 'No-shows', 'cancelled': 'Cancelled by people', 'lost': 'Lost by the laboratory', 'nobody': 'No group',
    'no-room': 'Found no room', 'no-room-hours': 'No room for', 'any': 'any {name}', 'bar.no-room': 'no room {times}× ({hours})', 'and': '; ', 'hours': '{hours} h',
    'no-room.how': 'No room: every rig was taken or out of service; a person who asks for the same thing several times a day counts once.',
    'bar.share': 'got {got}, due {due}', 'bar.use': 'used {used}, booked {booked}', 'table': 'Figures', 'save': 'Table (CSV)',
  },
  zh: {
    'from': '从', 'last': '至（含）', 'per': '按', 'per.1': '学校', 'per.2': '组', 'per.3': '实验台', 'per.4': '周',
    'fairness': '公平：应得与实得份额', 'fairness.how': '应得份额是在该时段内有需求者之间的权重；组在其学校内比较。',
    'utilisation': '开放时间的利用率', 'utilisation.how': '已预约指被占用的时间，已使用指有人到场的时间。',
    'due': '应得份额', 'got': '实得份额', 'used': '已使用', 'booked': '已预约', 'open': '开放', 'maintenance': '维护',
    'bookings': '预约数', 'no-shows': '未到场', 'cancelled': '个人取消', 'lost': '实验室原因取消', 'nobody': '无组别',
    'no-room': '无空位', 'no-room-hours': '无空位时长', 'any': '任意 {name}', 'bar.no-room': '{times} 次无空位（{hours}）', 'and': '；', 'hours': '{hours} 小时',
    'no-room.how': '无空位：所有实验台已被占用或停用；同一人同一天多次请求同一项只计一次。',
    'bar.share': '实得 {got}，应得 {due}', 'bar.use': '使用 {used}，预约 {booked}', 'table': '数据', 'save': '表格 (CSV)',
  },
});
