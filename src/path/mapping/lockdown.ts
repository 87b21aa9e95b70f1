// The language, frozen: what one message's mapping does to it, the next one must not find.
// Everything that can be reached from the given roots is frozen, prototypes and functions included,
// so a tenant's code can neither change what the engine's own code in this process relies on, nor
// leave anything there from one message to the next.

import { types } from 'node:util'

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
  // Any change to this one, freezing too, takes V8 off its fast path for every expression.
  if (one === RegExp.prototype) return
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
 * `error.name = …`, `counts.constructor = …`. For the names that code assigns, a setter gives the
 * heir one of its own.
 */
function allowShadows(): void {
  const errors = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]
  for (const { prototype } of errors) shadow(prototype, ['name', 'message', 'constructor'])
  shadow(Error.prototype, ['toString'])
  shadow(Object.prototype, [
    ...['constructor', 'toString', 'toLocaleString', 'valueOf', 'hasOwnProperty'],
    ...['isPrototypeOf', 'propertyIsEnumerable'],
  ])
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
