// Lee los archivos .npz del curso (un zip con un .npy por matriz, en float16) y arma la red que guardan.

import { Cell, affine } from "./cells.js";

const loading = new Map();

// La red de un archivo; se pide una sola vez, y el navegador la rechaza si su huella no es la esperada.
export function load(name, integrity) {
  if (!loading.has(name)) {
    const pending = fetchNetwork(new URL(name, import.meta.url), integrity);
    loading.set(name, pending);
    pending.catch(() => loading.delete(name)); // para poder volver a intentarlo
  }
  return loading.get(name);
}

async function fetchNetwork(url, integrity) {
  const response = await fetch(url, { integrity });
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`);
  return new Network(await readNpz(await response.arrayBuffer()));
}

// Embedding, GRU y Dense, con los nombres de las ecuaciones.
export class Network {
  constructor(arrays) {
    const gates = ["z", "r", "h"];
    const stack = (prefix, rows) => columns(gates.map((gate) => arrays[prefix + gate].data), rows);
    const [, E] = arrays.embedding.shape;
    const H = arrays.W_xz.shape[1];
    const bias = new Float32Array(6 * H);
    gates.forEach((gate, k) => {
      bias.set(arrays[`b_${gate}`].data, k * H);
      bias.set(arrays[`b_h${gate}`].data, (3 + k) * H);
    });
    this.gru = new Cell("GRU", stack("W_x", E), stack("W_h", H), bias);
    this.embedding = arrays.embedding.data;
    this.E = E;
    this.W_y = Float64Array.from(arrays.W_y.data);
    this.b_y = Float64Array.from(arrays.b_y.data);
    this.alphabet = arrays.alphabet;
    this.vocabulary = arrays.vocabulary?.split("\n");
  }

  step(code, state) {
    return this.gru.step(this.embedding.subarray(code * this.E, (code + 1) * this.E), state);
  }

  logits(h) {
    return affine(h, this.W_y, this.b_y, this.b_y.length);
  }
}

// Matrices (rows, n) una al lado de otra, por filas.
function columns(parts, rows) {
  const n = parts[0].length / rows;
  const whole = new Float32Array(parts.length * rows * n);
  parts.forEach((part, p) => {
    for (let row = 0; row < rows; row++) {
      whole.set(part.subarray(row * n, (row + 1) * n), (row * parts.length + p) * n);
    }
  });
  return whole;
}

// Las matrices y los textos de un .npz, por nombre.
export async function readNpz(buffer) {
  const view = new DataView(buffer);
  let end = buffer.byteLength - 22;
  while (view.getUint32(end, true) !== 0x06054b50) end--; // el índice del zip está al final
  let at = view.getUint32(end + 16, true);
  const arrays = {};
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const length = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(new Uint8Array(buffer, at + 46, length));
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const packed = buffer.slice(start, start + view.getUint32(at + 20, true));
    const raw = view.getUint16(at + 10, true) === 8 ? await inflate(packed) : packed;
    arrays[name.replace(/\.npy$/, "")] = readNpy(raw);
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return arrays;
}

function inflate(packed) {
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();
}

function readNpy(buffer) {
  const length = new DataView(buffer).getUint16(8, true);
  const header = new TextDecoder("latin1").decode(new Uint8Array(buffer, 10, length));
  const [, kind] = header.match(/'descr': '<(f2|U\d+)'/);
  const shape = header.match(/'shape': \(([^)]*)\)/)[1].split(",").filter((part) => part.trim()).map(Number);
  const body = buffer.slice(10 + length);
  if (kind !== "f2") return new Uint32Array(body).reduce((text, code) => text + String.fromCodePoint(code), "");
  return { shape, data: Float32Array.from(new Uint16Array(body), fromHalf) };
}

function fromHalf(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024);
  return bits & 0x8000 ? -size : size;
}
