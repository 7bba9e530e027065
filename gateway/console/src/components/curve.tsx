/** The last minutes of up to three values, drawn by uPlot. Fetched after the first values are on the screen. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { tickTexts } from '../format/number';
import { clockSeconds } from '../format/time';
import { titleOf } from '../i18n';
import { bus } from '../state/bus';
import { grade } from './quality';
import { language, theme, zone } from '../state/settings';
import { wallOf } from '../state/ticker';
import type { CurveProps } from './curve-panel';

const HEIGHT = 220, LARGE_HEIGHT = 380; // px
const DRAWN_EVERY = 100; // ms
/** Told apart without colour as well. */
const DASHES: number[][] = [[], [8, 4], [2, 3]];

const style = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const heightOf = ({ large }: CurveProps) => (large ? LARGE_HEIGHT : HEIGHT);

/** One scale for each unit; the first two have an axis. */
function options({ lines, large }: CurveProps, width: number): uPlot.Options {
  const units = [...new Set(lines.map(({ point }) => point.unit))];
  const ink = style('--ink'), grid = style('--edge');
  const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: `${large ? 20 : 12}px system-ui, sans-serif` };
  return {
    width,
    height: large ? LARGE_HEIGHT : HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false } },
    axes: [
      { ...axis, space: large ? 120 : 70, size: large ? 60 : 50, values: (_, ticks) => ticks.map((tick) => clockSeconds(wallOf(tick))) },
      ...units.slice(0, 2).map((unit, index) => ({
        ...axis, scale: unit || '1', side: index ? 1 : 3, size: large ? 120 : 74, grid: { ...axis.grid, show: index === 0 },
        values: (_: uPlot, ticks: number[]) => tickTexts(ticks, unit),
      })),
    ],
    series: [
      {},
      ...lines.map(({ point }, index) => ({
        label: titleOf(point), scale: point.unit || '1', stroke: style(`--curve-${index + 1}`), width: large ? 4 : 2, dash: DASHES[index] ?? [],
        points: { show: false }, spanGaps: false,
      })),
    ],
  };
}

/** Samples of several values on one axis of time. */
function columns({ lines, minutes }: CurveProps): uPlot.AlignedData {
  const since = bus.clock.now() * 1e-9 - minutes * 60;
  const tables = lines.map(({ history, value }) => {
    const { times, values } = history!.columns(since);
    const held = value.peek();
    if (grade(held) === 'good') { // unchanged since
      times.push(bus.clock.now() * 1e-9);
      values.push(held!.number);
    }
    return [times, values] as uPlot.AlignedData;
  });
  return tables.length === 1 ? tables[0]! : uPlot.join(tables);
}

const PICTURE = { width: 1000, height: 500, head: 56, foot: 44 }; // px

/** The curves as they are now, with what they are above and below them: for a report. */
export function curvePicture(props: CurveProps, title: string): Promise<Blob | null> {
  const { width, height, head, foot } = PICTURE;
  const [sheet, box] = [document.createElement('canvas'), document.createElement('div')];
  const end = bus.clock.now() * 1e-9;
  const plot = new uPlot({ ...options(props, width), height, scales: { x: { time: false, range: [end - props.minutes * 60, end] } } }, columns(props), box);
  return new Promise((resolve) => requestAnimationFrame(() => {
    const ratio = plot.ctx.canvas.width / width;
    sheet.width = width * ratio;
    sheet.height = (head + height + foot) * ratio;
    const context = sheet.getContext('2d')!;
    context.scale(ratio, ratio);
    context.fillStyle = style('--field');
    context.fillRect(0, 0, width, head + height + foot);
    context.fillStyle = style('--ink');
    context.font = '600 22px system-ui, sans-serif';
    context.fillText(title, 16, 34, width - 32);
    context.drawImage(plot.ctx.canvas, 0, head, width, height);
    context.font = '18px system-ui, sans-serif';
    props.lines.forEach(({ point }, index) => {
      const x = 16 + index * (width - 32) / props.lines.length, y = head + height + 20;
      context.strokeStyle = style(`--curve-${index + 1}`);
      context.lineWidth = 3;
      context.setLineDash(DASHES[index] ?? []);
      context.beginPath();
      context.moveTo(x, y - 6);
      context.lineTo(x + 44, y - 6);
      context.stroke();
      context.fillText(titleOf(point), x + 52, y, (width - 32) / props.lines.length - 60);
    });
    plot.destroy();
    sheet.toBlob(resolve, 'image/png');
  }));
}

export function Curve(props: CurveProps) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const key = [props.lines.map(({ point }) => point.name), language.value, theme.value, zone.value].join();
  useEffect(() => {
    const element = box.current!;
    const plot = new uPlot(options(latest.current, element.clientWidth || 300), columns(latest.current), element);
    let frame = 0;
    const draw = () => {
      frame = 0;
      const end = bus.clock.now() * 1e-9;
      plot.batch(() => {
        plot.setData(columns(latest.current), true);
        plot.setScale('x', { min: end - latest.current.minutes * 60, max: end });
      });
    };
    // One at a time: a page that nobody sees draws none until it is seen again.
    const ask = () => { frame ||= requestAnimationFrame(draw); };
    ask();
    // Between two of them the browser has nothing to do: a phone's battery is paid for, too.
    const timer = setInterval(ask, DRAWN_EVERY);
    const sized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: heightOf(latest.current) }));
    sized.observe(element);
    return () => {
      clearInterval(timer);
      cancelAnimationFrame(frame);
      sized.disconnect();
      plot.destroy();
    };
  }, [key]);
  return (
    <figure>
      <div ref={box} role="img" aria-label={props.label} />
      <figcaption class="legend">
        {props.lines.map(({ point }, index) => <span key={point.name} class={`key key-${index + 1}`}>{titleOf(point)}</span>)}
      </figcaption>
    </figure>
  );
}
