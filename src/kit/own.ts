// Looking a name up in a table where the name comes from outside: `constructor` and its like are
// members of every object, and must be no entries of a table that does not hold them.

export function own<T>(
  table: Readonly<Record<string, T>>,
  name: string | undefined,
): T | undefined {
  return name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
}
