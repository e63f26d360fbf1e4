/** Values that are followed slowly. */

/**
 * Follows a value: its first change at once, further ones at most once in `every` milliseconds, and none while nobody can
 * see them.
 */
export function paced<Value>(value: () => Value, now: () => number, every: number): { readonly current: Value } {
  let current = $state.raw(value());
  let last = Number.NEGATIVE_INFINITY;
  $effect(() => {
    const [newest, at] = [value(), now()];
    if (newest === current || at - last < every || document.hidden) return;
    current = newest;
    last = at;
  });
  return {
    get current() {
      return current;
    },
  };
}
