// The language, frozen: what one message's mapping does to it, the next one must not find.
// Everything that can be reached from the given roots is frozen, prototypes and functions included.
// Three prototypes stay as V8 made them, because its fast paths depend on them; they are watched.

import { types } from 'node:util'

/**
 * Freezing the first two costs a mapping a fifth of its speed; any change to the third takes V8 off
 * its fast path for every expression.
 */
const watched: readonly object[] = [Object.prototype, Array.prototype, RegExp.prototype]

/** `roots`: objects and functions; what hangs on them is found. */
export function freezeAll(roots: readonly unknown[]): void {
  const seen = new Set<object>()
  const waiting = roots.filter(isObject)
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (seen.has(one)) continue
    seen.add(one)
    const prototype: unknown = Object.getPrototypeOf(one)
    if (isObject(prototype)) waiting.push(prototype)
    for (const key of Reflect.ownKeys(one)) {
      const property = Object.getOwnPropertyDescriptor(one, key)
      for (const part of [property?.value, property?.get, property?.set])
        if (isObject(part)) waiting.push(part)
    }
  }
  allowShadows()
  for (const one of seen) freeze(one)
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function freeze(one: object): void {
  // Memory cannot be frozen; of a message it is the message's own. A namespace is fixed as it is.
  if (ArrayBuffer.isView(one) || types.isModuleNamespaceObject(one)) return
  if (watched.includes(one)) return
  if (one !== Error) Object.freeze(one)
  else freezeAllBut(one, 'stackTraceLimit')
}

/** Node and our own reading of stacks set the limit of a stack; it decides nothing. */
function freezeAllBut(one: object, free: string): void {
  for (const key of Reflect.ownKeys(one)) {
    const property = Object.getOwnPropertyDescriptor(one, key)
    if (key === free || property === undefined) continue
    const fixed = 'value' in property ? { writable: false } : {}
    Object.defineProperty(one, key, { configurable: false, ...fixed })
  }
  Object.preventExtensions(one)
}

/**
 * A frozen prototype would also keep its heirs from having a property of that name by assignment:
 * `error.name = …`. For the names that code assigns, a setter gives the heir one of its own.
 */
function allowShadows(): void {
  const errors = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]
  for (const { prototype } of errors) shadow(prototype, ['name', 'message', 'constructor'])
  shadow(Error.prototype, ['toString'])
}

function shadow(prototype: object, names: readonly string[]): void {
  for (const name of names) {
    const property = Object.getOwnPropertyDescriptor(prototype, name)
    if (property === undefined || !('value' in property)) continue
    const { value } = property
    Object.defineProperty(prototype, name, {
      configurable: false,
      enumerable: false,
      get: () => value,
      set(this: object, own: unknown) {
        if (this === prototype) throw new TypeError('the language is frozen: a mapping is pure')
        const plain = { value: own, writable: true, enumerable: true, configurable: true }
        Object.defineProperty(this, name, plain)
      },
    })
  }
}

/** What a mapping could have changed of the language, and what to do about it. */
export interface Watch {
  /** Whether all of it is as it was when the watch began. */
  intact(): boolean
  /** Makes it so again; false where that cannot be done. */
  restore(): boolean
}

/** Calls nothing that could have been changed. Of the watched prototypes as they are now. */
export function openWatch(): Watch {
  const { ownKeys, defineProperty, deleteProperty, getPrototypeOf, isExtensible } = Reflect
  const { getOwnPropertyDescriptor } = Reflect
  const were = watched.map(one => {
    const keys = ownKeys(one)
    return { one, keys, parts: keys.map(key => getOwnPropertyDescriptor(one, key)) }
  })
  const parents = watched.map(getPrototypeOf)
  const isAsItWas = (i: number) => {
    const { one, keys, parts } = were[i] as (typeof were)[number]
    if (getPrototypeOf(one) !== parents[i] || !isExtensible(one)) return false
    const now = ownKeys(one)
    if (now.length !== keys.length) return false
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k] as PropertyKey
      const was = parts[k] as PropertyDescriptor
      const is = now[k] === key ? getOwnPropertyDescriptor(one, key) : undefined
      if (is === undefined || is.value !== was.value || is.get !== was.get) return false
      if (is.set !== was.set || is.enumerable !== was.enumerable) return false
    }
    return true
  }
  const intact = () => {
    for (let i = 0; i < were.length; i++) if (!isAsItWas(i)) return false
    return true
  }
  return {
    intact,
    restore() {
      for (let i = 0; i < were.length; i++) {
        const { one, keys, parts } = were[i] as (typeof were)[number]
        const now = ownKeys(one)
        for (let k = 0; k < now.length; k++) deleteProperty(one, now[k] as PropertyKey)
        for (let k = 0; k < keys.length; k++) {
          defineProperty(one, keys[k] as PropertyKey, parts[k] as PropertyDescriptor)
        }
      }
      return intact()
    },
  }
}
