import { sheet, type View } from '../on-demand';
import style from './lesson.css?sheet';
import { LessonPanel } from './panel';
import { ProjectorView } from './projector';

export async function load(): Promise<{ View: View; Panel: typeof LessonPanel }> {
  await sheet(style);
  return { View: ProjectorView, Panel: LessonPanel };
}
