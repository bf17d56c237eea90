/** Looks for the number whose SHA-256 with a salt is asked for. Runs as a worker, on any address:
 *  browsers give `crypto.subtle` to secure pages only, and its promises cost more than the sum. */

const ROUND = new Uint32Array(64);
const START = new Uint32Array(8);

/** The first 32 bits of the fractional parts of roots of primes (FIPS 180-4, 4.2.2 and 5.3.3). */
function prepare(): void {
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (found < 8) START[found] = fraction(Math.sqrt(n));
    ROUND[found++] = fraction(Math.cbrt(n));
  }
}

function fraction(value: number): number {
  return ((value - Math.floor(value)) * 4294967296) >>> 0;
}

const words = new Uint32Array(64);
const state = new Uint32Array(8);

function turn(value: number, by: number): number {
  return (value >>> by) | (value << (32 - by));
}

function block(bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++) {
    const o = at + i * 4;
    words[i] = (bytes[o]! << 24) | (bytes[o + 1]! << 16) | (bytes[o + 2]! << 8) | bytes[o + 3]!;
  }
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15]!, y = words[i - 2]!;
    const s0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3), s1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
    words[i] = words[i - 16]! + s0 + words[i - 7]! + s1;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i]! + words[i]!) | 0;
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => { state[i] = state[i]! + value; });
}

/** Whether SHA-256 of a short ASCII text is the wanted one; most differ in the first word. */
function is(text: string, wanted: Uint32Array, padded: Uint8Array): boolean {
  const length = Math.ceil((text.length + 9) / 64) * 64;
  padded.fill(0, 0, length);
  for (let i = 0; i < text.length; i++) padded[i] = text.charCodeAt(i);
  padded[text.length] = 0x80;
  new DataView(padded.buffer).setUint32(length - 4, text.length * 8);
  state.set(START);
  for (let at = 0; at < length; at += 64) block(padded, at);
  return state.every((value, i) => value === wanted[i]);
}

interface Challenge { algorithm: string; challenge: string; maxnumber: number; salt: string; signature: string }

function solve({ challenge, maxnumber, salt }: Challenge): number {
  prepare();
  const wanted = new Uint32Array(8).map((_, i) => parseInt(challenge.slice(i * 8, i * 8 + 8), 16));
  const padded = new Uint8Array(1024);
  for (let n = 0; n <= maxnumber; n++) if (is(salt + n, wanted, padded)) return n;
  return -1;
}

self.addEventListener("message", (event: MessageEvent<Challenge>) => {
  const asked = event.data;
  const number = solve(asked);
  const { algorithm, challenge, salt, signature } = asked;
  postMessage(number < 0 ? "" : btoa(JSON.stringify({ algorithm, challenge, number, salt, signature })));
});
