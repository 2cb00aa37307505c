/**
 * `text` on one line, without what terminals and readers obey instead of showing it (control and format characters),
 * cut where it is longer than `maxLength` characters.
 */
export function plainText(text: string, maxLength: number): string {
  const plain = text
    .slice(0, 4 * maxLength)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  return (plain.length <= maxLength ? plain : `${plain.slice(0, maxLength - 1)}…`).toWellFormed();
}
