// Parts of the machine that some tests need (strace, a mount, a broker). Where one is missing the
// test is skipped with its reason; where FIRTH_REQUIRE (a comma list) names it, that is a failure
// instead.

/** For the `skip` option of node:test: why the part is missing, or false where it is there. */
export function requirePart(name: string, available: boolean, how: string): string | false {
  if (available) return false
  const required = (process.env.FIRTH_REQUIRE ?? '').split(',').map(part => part.trim())
  if (required.includes(name))
    throw new Error(`FIRTH_REQUIRE names ${name}, which is missing: ${how}`)
  return `${name} is missing: ${how}`
}
