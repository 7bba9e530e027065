import { words } from '../../i18n/words';

export const c = words({
  en: {
    'file': 'Class list (CSV)', 'file.how': 'One line for each student in a class: student number, weeks, weekday, periods; course, name and group where you have them. UTF-8, UTF-16 or GB18030.',
    'found': 'Classes: {classes}; lines: {rows}', 'not-text': 'This is no text in UTF-8, UTF-16 or GB18030.', 'no-students': 'There are no students in it.',
    'mistakes': 'Mistakes: {count}. Nothing was asked of the gateway.', 'mistake': 'Line {line}, {column}{text}: {why}',
    'why.quote': 'a quotation mark is not closed', 'why.missing': 'there is no such column', 'why.empty': 'is empty', 'why.weeks': 'weeks are written like 1-16, odd, 1-8,10-16',
    'why.weekday': 'weekdays are written like Tuesday, tue, 2', 'why.periods': 'periods are written like 3-4', 'why.twice': 'is in this class already',
    'term': 'Term', 'term.none': 'The laboratory’s calendar has no terms.', 'rigs': 'Rigs', 'size': 'Students on one rig', 'group': 'Group', 'group.none': 'as the file says', 'rotate': 'Change partners every time',
    'dry': 'Dry run: books nothing', 'take': 'Dry run with the first alternatives', 'commit': 'Book all {count}', 'stored': 'Stored bookings: {count}', 'show': 'Show the first week',
    'totals': 'Meetings: {meetings}; bookings: {bookings}; rig time: {hours} h; fall out or move: {fallen}; conflicts: {conflicts}',
    'conflicts': 'Conflicts', 'fallen': 'Fall out or are moved', 'meetings': 'Meetings', 'more': 'More than is listed here.', 'none': 'No conflicts: it can be booked as it is.',
    'unknown': 'These accounts are not there: {names}', 'line': '{account} (line {line})', 'week': 'week {week}', 'with': 'with {who}', 'instead': 'Free instead: {list}', 'instead.none': 'Nothing is free instead.',
    'taken': 'Booked at its first alternative: {place}', 'bookings': '{count} rigs', 'any': 'any rig',
  },
  zh: {
    'file': '学生名单 (CSV)', 'file.how': '每行一名学生：学号、周次、星期、节次，以及（如有）课程、姓名和预约组。支持 UTF-8、UTF-16 和 GB18030 编码。',
    'found': '{classes} 个班次，{rows} 行', 'not-text': '文件不是 UTF-8、UTF-16 或 GB18030 编码的文本。', 'no-students': '文件中没有学生。',
    'mistakes': '{count} 处错误：未向网关提交', 'mistake': '第 {line} 行，{column}{text}：{why}',
    'why.quote': '引号没有闭合', 'why.missing': '缺少这一列', 'why.empty': '为空', 'why.weeks': '周次应写作 1-16周、1-16周(单)、1-8,10-16',
    'why.weekday': '星期应写作 星期二、周二、2', 'why.periods': '节次应写作 第3-4节、3-4', 'why.twice': '已在本班名单中',
    'term': '学期', 'term.none': '实验室日历中没有学期。', 'rigs': '实验台', 'size': '每台人数', 'group': '组', 'group.none': '按文件', 'rotate': '每次更换同伴',
    'dry': '试排（不预约）', 'take': '用首选替代方案试排', 'commit': '全部预约（{count}）', 'stored': '已保存 {count} 个预约。', 'show': '查看第一周',
    'totals': '{meetings} 次课，{bookings} 个预约，占用 {hours} 小时；{fallen} 次停课或调课，{conflicts} 处冲突',
    'conflicts': '冲突', 'fallen': '停课或调课', 'meetings': '各次课', 'more': '未全部列出。', 'none': '没有冲突，可以直接预约。',
    'unknown': '以下账号不存在：{names}', 'line': '{account}（第 {line} 行）', 'week': '第 {week} 周', 'with': '与 {who}', 'instead': '可以改为：{list}', 'instead.none': '没有可替代的时段。',
    'taken': '改为首选替代方案：{place}', 'bookings': '{count} 台', 'any': '任一实验台',
  },
});
