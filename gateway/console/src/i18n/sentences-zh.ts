/** What the gateway says of instruments, lines and rigs in its own words, in Chinese. A row is a sentence with `{}` where something
 * stands that changes; the parts are looked up as well. tests/browser/sentences.test.mjs compares with the gateway's sources. */
export const sentences: [english: string, chinese: string][] = [
  // what was attempted: why not
  ['reading coils {} of unit {}: {}', '读线圈 {}（单元 {}）：{}'],
  ['reading discrete inputs {} of unit {}: {}', '读离散输入 {}（单元 {}）：{}'],
  ['reading holding registers {} of unit {}: {}', '读保持寄存器 {}（单元 {}）：{}'],
  ['reading input registers {} of unit {}: {}', '读输入寄存器 {}（单元 {}）：{}'],
  ['writing coil {} of unit {}: {}', '写线圈 {}（单元 {}）：{}'],
  ['writing register {} of unit {}: {}', '写寄存器 {}（单元 {}）：{}'],
  ['writing registers {} of unit {}: {}', '写寄存器 {}（单元 {}）：{}'],
  ['writing bits of register {} of unit {}: {}', '写寄存器 {} 的位（单元 {}）：{}'],
  ['writing a bit of register {} of unit {}: its other bits are not the same from one reading to the next, so none can be believed', '写寄存器 {} 的一位（单元 {}）：其余各位每次读数不同，不可信'],
  ['connecting to {} port {}: {}', '连接 {} 端口 {}：{}'],
  ['connecting to {}: not an address, and not in /etc/hosts when the line was set up (name servers are not asked); write its address, or add it there and start again',
    '连接 {}：不是地址，建立线路时也不在 /etc/hosts 中（不查询域名服务器）；请填写地址，或写入该文件后重新启动'],
  ['opening a line: {}', '打开线路：{}'],
  ['opening {} at {} baud: {}', '以 {1} 波特打开 {0}：{2}'],
  ['setting up {} at {} baud: {}', '以 {1} 波特设置 {0}：{2}'],
  ['opening {}: {}', '打开 {}：{}'],
  ['setting up {}: {}', '设置 {}：{}'],
  ['recovering {}: {}', '恢复 {}：{}'],
  ['waiting for silence on {}: {}', '等待 {} 静默：{}'],
  ['waiting for silence: {}', '等待线路静默：{}'],
  ['making {}: {}', '建立 {}：{}'],
  ['reading {}: {}', '读取 {}：{}'],
  ['writing {}: {}', '写入 {}：{}'],

  // why
  ['exception {} ({})', '异常码 {}（{}）'],
  ['illegal function', '不支持的功能'],
  ['illegal data address', '非法数据地址'],
  ['illegal data value', '非法数据值'],
  ['device failure', '设备故障'],
  ['acknowledged, not done yet', '已受理，尚未完成'],
  ['busy', '忙'],
  ['negative acknowledge', '否定应答'],
  ['memory parity error', '存储器奇偶校验错误'],
  ['gateway has no path', 'Modbus 网关无可用路径'],
  ['gateway got no answer from the unit', 'Modbus 网关未收到该单元的应答'],
  ['not in the standard', '标准中没有'],
  ["the answer's length is not that of the question", '应答长度与询问不符'],
  ['the answer names another address', '应答给出另一个地址'],
  ['the answer repeats another value', '应答重复了另一个值'],
  ['the answer belongs to another transaction', '应答属于另一次通信'],
  ['the answer is of another protocol', '应答属于另一种协议'],
  ['no complete answer in time', '未按时收到完整应答'],
  ['an answer came that nobody had asked for', '收到未经询问的应答'],
  ['an answer to an older question came', '收到对先前询问的应答'],
  ['an answer came so late that it may be that to an older question', '应答过迟，可能属于先前的询问'],
  ['a second answer came, so the first may be that to an older question', '收到第二个应答，第一个可能属于先前的询问'],
  ["the answer's checksum is wrong", '应答校验和错误'],
  ['the answer is longer than any can be', '应答长度超过可能的最大值'],
  ['the answer is longer than {} bytes', '应答超过 {} 字节'],
  ['another unit answered', '应答来自另一个单元'],
  ['the other end has closed the line', '对方已关闭线路'],
  ['the line takes no more bytes', '线路不再接收数据'],
  ['the line is gone: {}', '线路已断开：{}'],
  ['the line is gone', '线路已断开'],
  ['the line does not become silent', '线路不能静默'],
  ['it did not come in time', '未按时出现'],
  ['no time was left to send it', '已没有时间发送'],
  ['units are 1 to 247', '单元号为 1 至 247'],
  ['too many open files', '打开的文件过多'],
  ['{} baud is not a rate that it can run at', '不支持 {} 波特'],
  ['out of memory', '内存不足'],
  ['it is read only', '只读'],
  ['at most {} printable bytes', '最多 {} 个可打印字节'],
  ['{} has no encoding there', '{} 在此无法编码'],
  ['{} cannot be said to it', '无法向其发送 {}'],
  ['the message is too long', '报文过长'],
  ['it does not join answers', '不能合并应答'],
  ['the answer is not an error number: {}', '应答不是错误编号：{}'],
  ['no answer with "{}" in it came', '未收到含 "{}" 的应答'],
  ['it goes on acquiring', '仍在采集'],
  ['it is {} instead of {}', '读到 {}，而不是 {}'],
  ['this is no preamble: {}', '不是有效的波形前导：{}'],
  ['it offers another kind of record: format {}, mode {}', '给出另一种记录：格式 {}，模式 {}'],
  ['the line is too slow to read its screen in one piece while it runs', '线路过慢，运行中无法一次读完屏幕'],
  ['records of this model are not known: {}', '该型号的记录格式未知：{}'],
  ['its screen could not be read in one piece', '屏幕未能一次读完'],
  ['its screen is no record that can be shown', '屏幕记录无法显示'],
  ['it has acquired another record before this one was read', '读完之前又采集了新的记录'],
  ['its scales were changed while its record was read; read it again', '读取记录期间刻度被改动，请重新读取'],
  ['something was set on it while its record was read; read it again', '读取记录期间有参数被设置，请重新读取'],
  ['this is no answer to its question: {}', '答非所问：{}'],
  ['the answer is not a block: it begins with {}', '应答不是数据块：开头为 {}'],
  ['the block has no length (#0): it cannot be known whether it is complete', '数据块没有长度 (#0)，无法判断是否完整'],
  ["the block's length is not a number", '数据块长度不是数字'],
  ['the block has {} bytes, not the {} asked for', '数据块为 {} 字节，而请求的是 {} 字节'],
  ['cancelled before it began', '开始之前已取消'],
  ['cancelled', '已取消'],

  // of rigs
  ['the rig is locked out', '实验台已锁定'],
  ['the instrument does not answer', '仪器无应答'],
  ['{} does not answer', '{} 无应答'],
  ['a record is being acquired', '正在采集记录'],
  ["the rig's own switch says local operation ({})", '实验台的就地开关处于本地操作 ({})'],
  ['whether somebody operates it by hand cannot be told: {} is {}', '无法判断是否有人就地操作：{} 为 {}'],
  ['{}: look at the rig, then {}', '{}：请到现场检查，然后执行 {}'],
  ['{}: look at the rig and ask who works on it, then {}', '{}：请到现场检查并询问有谁在操作，然后执行 {}'],
  ['the safe sequence could not be verified at {}', '安全序列未能在 {} 得到验证'],
  ['the safe sequence could not be verified', '安全序列未能得到验证'],
  ['it was in quarantine when the gateway started', '网关启动时已处于隔离'],
  ['what the ledger remembers of it cannot be read', '账本中的状态无法读取'],
  ['the ledger came from a backup or was lost, and lock-outs, e-stops, trips and quarantines since then with it',
    '账本来自备份或已丢失，此后的锁定、急停、跳闸和隔离也随之丢失'],
  ['{}; of a new test {} of {} causes are done', '{0}；新的试验已完成 {2} 个原因中的 {1} 个'],
  ['its interlocks were never proof-tested', '联锁从未做过验证试验'],
  ['its interlocks have changed since they were proof-tested', '上次验证试验后联锁已更改'],
  ['its latest proof test failed', '最近一次验证试验未通过'],
  ['the date of its proof test is in the future', '验证试验的日期在将来'],
  ['its proof test is {} days overdue', '验证试验已过期 {} 天'],
  ['good', '良好'],
  ['stale', '过时'],
  ['bad', '坏值'],
];

/** What the system says, and results by their names. */
const system: typeof sentences = [
  ['Connection refused', '连接被拒绝'],
  ['Connection timed out', '连接超时'],
  ['Connection reset by peer', '连接被对方重置'],
  ['No route to host', '没有到主机的路由'],
  ['Network is unreachable', '网络不可达'],
  ['Host is down', '主机已关闭'],
  ['Broken pipe', '连接已断开'],
  ['No such file or directory', '没有这个文件或设备'],
  ['No such device', '没有这个设备'],
  ['No such device or address', '没有这个设备或地址'],
  ['Permission denied', '权限不足'],
  ['Device or resource busy', '设备正被占用'],
  ['Input/output error', '输入输出错误'],
  ['timed-out', '超时'],
  ['garbled', '数据错误'],
  ['disconnected', '线路中断'],
  ['rejected', '被拒绝'],
  ['invalid', '无效'],
  ['unsupported', '不支持'],
];

const escaped = (text: string) => text.replace(/[.*+?^$()|[\]\\/]/g, '\\$&').replace(/\{\}/g, '(.+?)');
const table = [...sentences, ...system].map(([english, chinese]) => [new RegExp(`^${escaped(english)}$`), chinese] as const);

/** "oscilloscope, *IDN?: why" or "plc: why". */
const OF = /^([\w.-]+(?:, [^:]*(?::[A-Z][^: ]*)*)?): (.+)$/;

/** As much of it as is known; the rest as it was said. */
export function inChinese(text: string): string {
  for (const [pattern, chinese] of table) {
    const parts = pattern.exec(text)?.slice(1);
    if (!parts) continue;
    let next = 0;
    return chinese.replace(/\{(\d?)\}/g, (_, index: string) => inChinese(parts[index ? Number(index) : next++]!));
  }
  const [, who, why] = OF.exec(text) ?? [];
  return who && why ? `${who}：${inChinese(why)}` : text;
}
