/** Why not, what is in the way, and what would be free instead: one press asks for that. */
import { Icon } from '../../components/icon';
import { rigText, spanWords, whoOf, type Said } from './acts';
import { spanText } from './time';
import { w } from './words';

export function RefusalText({ refusal: { why, way, alternatives, take } }: { refusal: NonNullable<Said['refusal']> }) {
  return (
    <div class="stack tight refusal" role="alert">
      <p class="problem with-icon"><Icon name="cross" />{w('refused', { why })}</p>
      {way && <p>{w('refused.way', { who: whoOf(way), span: spanWords(way).span })}</p>}
      {alternatives.length > 0 && <>
        <p>{w('instead')}</p>
        <div class="chips">{alternatives.map(({ rig, starts, ends }) => (
          <button type="button" data-instead={rig} onClick={() => take({ rig, starts, ends })}>{rigText(rig)}, {spanText(starts, ends)}</button>
        ))}</div>
      </>}
    </div>
  );
}
