import { sheet, type View } from '../on-demand';
import { s } from './words';
import style from './scope.css?sheet';

function ScopeView({ of }: { of: string }) {
  return <main class="page wide stack"><h1>{s('title')} {of}</h1></main>;
}

export async function load(): Promise<View> {
  await sheet(style);
  return ScopeView;
}
