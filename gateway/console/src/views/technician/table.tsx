/** A table; where the screen is narrow each row is a list of what its columns are called and what they hold. */
export function Table({ label, head, rows }: { label: string; head: string[]; rows: string[][] }) {
  return (
    <div class="scrolled" role="region" tabIndex={0} aria-label={label}>
      <table role="table">
        <thead role="rowgroup"><tr role="row">{head.map((each) => <th role="columnheader" scope="col" key={each}>{each}</th>)}</tr></thead>
        <tbody role="rowgroup">
          {rows.map(([first, ...others], row) => (
            <tr role="row" key={row}><th role="rowheader" scope="row">{first}</th>{others.map((each, column) =>
              <td role="cell" key={column} data-label={head[column + 1]}>{each}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
