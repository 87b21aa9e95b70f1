// The requests of this adapter (FHIR R4, http.html). Business identifiers travel in bodies and
// in If-None-Exist, never in a URL, which proxies and servers write down.
import type { BusinessId, HttpCall, PatchOperation, Resource } from '#sdk'

const FHIR = 'application/fhir+json'

/**
 * Searches where the type has no literal id: POST, and past the server's cache of earlier results.
 */
export function searchRequest(type: string, identifier: BusinessId): HttpCall {
  return {
    kind: 'http',
    method: 'POST',
    path: `${type}/_search`,
    headers: {
      accept: FHIR,
      'content-type': 'application/x-www-form-urlencoded',
      'cache-control': 'no-cache',
    },
    body: new URLSearchParams({ identifier: token(identifier) }).toString(),
    changes: false,
  }
}

export function readRequest(type: string, target_id: string): HttpCall {
  return {
    kind: 'http',
    method: 'GET',
    path: `${type}/${encodeURIComponent(target_id)}`,
    headers: { accept: FHIR, 'cache-control': 'no-cache' },
    body: undefined,
    changes: false,
  }
}

/** Makes the resource unless one with this identifier stands (http.html#ccreate). */
export function createRequest(resource: Content, identifier: BusinessId): HttpCall {
  return {
    kind: 'http',
    method: 'POST',
    path: resource.resourceType,
    headers: {
      ...writing,
      'if-none-exist': `identifier=${encodeURIComponent(token(identifier))}`,
    },
    body: JSON.stringify(resource),
    changes: true,
  }
}

/**
 * Replaces the version that `etag` names (http.html#concurrency); any, where the server told none.
 */
export function updateRequest(resource: Resource, etag: string | undefined): HttpCall {
  return {
    kind: 'http',
    method: 'PUT',
    path: `${resource.resourceType}/${encodeURIComponent(resource.id)}`,
    headers: etag === undefined ? writing : { ...writing, 'if-match': etag },
    body: JSON.stringify(resource),
    changes: true,
  }
}

/**
 * Changes the version that `etag` names (http.html#patch). Servers may ignore the header here, so
 * the patch tests what it was made from.
 */
export function patchRequest(
  { resourceType, id }: Resource,
  patch: readonly PatchOperation[],
  etag: string | undefined,
): HttpCall {
  return {
    kind: 'http',
    method: 'PATCH',
    path: `${resourceType}/${encodeURIComponent(id)}`,
    headers: {
      ...writing,
      'content-type': 'application/json-patch+json',
      ...(etag === undefined ? {} : { 'if-match': etag }),
    },
    body: JSON.stringify(patch),
    changes: true,
  }
}

const writing = {
  accept: FHIR,
  'content-type': `${FHIR}; charset=utf-8`,
  prefer: 'return=representation',
}

/** A resource without its id: the target gives its own. */
export interface Content {
  readonly resourceType: string
  readonly [element: string]: unknown
}

/**
 * A token for search (search.html#token); `\`, `,`, `$` and `|` are escaped (search.html#escaping).
 */
function token({ system, value }: BusinessId): string {
  const escaped = (text: string) => text.replace(/[\\,$|]/g, character => `\\${character}`)
  return `${escaped(system)}|${escaped(value)}`
}
