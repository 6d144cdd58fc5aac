/** The same object, but for the named methods. */
export function overriding<Target extends object>(
  target: Target,
  methods: Partial<Target>,
): Target {
  return new Proxy(target, {
    get(_target, key) {
      if (Object.hasOwn(methods, key)) return methods[key as keyof Target]
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
