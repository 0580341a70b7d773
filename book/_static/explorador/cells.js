// Un paso de SimpleRNN, LSTM o GRU con los pesos como los guarda Keras, y todas sus puertas.
//
// kernel (F, nH), recurrent (H, nH) y bias van por filas; las puertas, en el orden de Keras: i, f, c, o en la LSTM y
// z, r, h en la GRU, que es la de reset_after=True: bias es (2, 3H), el de la entrada y el recurrente.

const GATES = { SimpleRNN: 1, LSTM: 4, GRU: 3 };

export const sigmoid = (a) => 1 / (1 + Math.exp(-a));

export class Cell {
  constructor(kind, kernel, recurrent, bias) {
    const n = GATES[kind];
    const H = Math.sqrt(recurrent.length / n);
    if (!n || !Number.isInteger(H) || kernel.length % (n * H) || bias.length !== n * H * (kind === "GRU" ? 2 : 1)) {
      throw new Error(`Los pesos no son los de una capa ${kind} de Keras.`);
    }
    // Siempre Float64Array: con matrices de varias clases, el bucle de accumulate va varias veces más despacio.
    [this.kernel, this.recurrent, this.bias] = [kernel, recurrent, bias].map((part) => Float64Array.from(part));
    Object.assign(this, { kind, H, F: kernel.length / (n * H), width: n * H });
  }

  start() {
    return { h: new Float64Array(this.H), c: new Float64Array(this.H) };
  }

  // De la entrada x (F) y el estado anterior, las puertas y el estado nuevo: cada cosa, un vector (H).
  step(x, { h, c }) {
    const a = affine(Float64Array.from(x), this.kernel, this.bias, this.width);
    if (this.kind === "GRU") return this.stepGRU(a, h);
    accumulate(a, h, this.recurrent);
    if (this.kind === "SimpleRNN") return { h: a.map(Math.tanh) };
    const { H } = this;
    const i = a.slice(0, H).map(sigmoid);
    const f = a.slice(H, 2 * H).map(sigmoid);
    const c_tilde = a.slice(2 * H, 3 * H).map(Math.tanh);
    const o = a.slice(3 * H).map(sigmoid);
    const next = f.map((keep, k) => keep * c[k] + i[k] * c_tilde[k]);
    return { i, f, c_tilde, o, c: next, h: o.map((show, k) => show * Math.tanh(next[k])) };
  }

  stepGRU(a, h) {
    const { H } = this;
    const b = affine(h, this.recurrent, this.bias.subarray(3 * H), 3 * H);
    const z = a.slice(0, H).map((each, k) => sigmoid(each + b[k]));
    const r = a.slice(H, 2 * H).map((each, k) => sigmoid(each + b[H + k]));
    const h_tilde = a.slice(2 * H).map((each, k) => Math.tanh(each + r[k] * b[2 * H + k]));
    return { z, r, h_tilde, h: z.map((keep, k) => keep * h[k] + (1 - keep) * h_tilde[k]) };
  }

  // Todos los pasos de una secuencia, desde un estado nulo.
  run(sequence, state = this.start()) {
    return sequence.map((x) => (state = this.step(x, state)));
  }
}

// x W + b: (m) por (m, n).
export function affine(x, W, b, n) {
  const a = b.slice(0, n);
  accumulate(a, x, W);
  return a;
}

function accumulate(a, x, W) {
  const n = a.length;
  for (let j = 0, row = 0; j < x.length; j++, row += n) {
    const value = x[j];
    if (value === 0) continue;
    for (let k = 0; k < n; k++) a[k] += value * W[row + k];
  }
}
