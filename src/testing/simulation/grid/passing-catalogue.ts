import type { Catalogue } from '../../../catalogue/catalogue.ts'

/** A catalogue that does as another but for what is given. */
export function catalogueWith(catalogue: Catalogue, changed: Partial<Catalogue>): Catalogue {
  return new Proxy(catalogue, {
    get(target, name: keyof Catalogue) {
      const own = changed[name]
      if (own !== undefined) return own
      const value = target[name] as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
