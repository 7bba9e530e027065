/** A table that is scrolled sideways where the screen is narrow, by keys too. */
export function Table({ label, head, rows }: { label: string; head: string[]; rows: string[][] }) {
  return (
    <div class="scrolled" role="region" tabIndex={0} aria-label={label}>
      <table>
        <thead><tr>{head.map((each) => <th scope="col" key={each}>{each}</th>)}</tr></thead>
        <tbody>
          {rows.map(([first, ...others], row) => (
            <tr key={row}><th scope="row">{first}</th>{others.map((each, column) => <td key={column}>{each}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
