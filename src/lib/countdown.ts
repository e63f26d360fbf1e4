/** The one text that the window makes by itself, because it changes by the second. */

/** Time until a moment, to two units: `6 d 4 h`, `2 h 10 m`, `9 m 05 s`; `now` once it has come. */
export function countdown(until: string, now: number): string {
  const seconds = Math.floor((Date.parse(until) - now) / 1000);
  if (!(seconds > 0)) return 'now';
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} m`;
  return `${minutes} m ${String(seconds % 60).padStart(2, '0')} s`;
}
