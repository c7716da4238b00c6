/** The highest count from 0 that fits, where every lower one does; 0 where none does. */
export function mostThatFit(highest: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, highest]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  return low
}
