import { words } from '../../i18n/words';

export const p = words({
  en: {
    'title': 'Practise',
    'what': 'A simulation of {rig}, for you alone. Nothing real moves, and nothing can break.',
    'asking': 'Looking for a simulator …',
    'waiting': '{count} of {count} simulators are taken. You are number {place}.',
    'turn': 'This page goes on by itself when it is your turn.',
    'leave': 'Wait no longer',
  },
  zh: {
    'title': '练习',
    'what': '“{rig}”的仿真，只供您一人使用。真实设备不会动作，也不会损坏。',
    'asking': '正在寻找空闲的仿真器 …',
    'waiting': '全部 {count} 个都在使用。您排在第 {place} 位。',
    'turn': '轮到您时，本页会自动继续。',
    'leave': '不再等待',
  },
});
