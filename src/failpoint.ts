/** A place where a test may kill the process; the real one loads only under `--conditions=failpoints`. */
export function failpoint(_name: string): void {}
