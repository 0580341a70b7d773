// La celda dibujada como en los capítulos 03, 05 y 06: cada puerta en su color, y los cables más gruesos cuanto más dejan
// pasar. Las coordenadas son las de aquellas figuras, con el origen arriba.

import { format, svg } from "./ui.js";

// wires: puntos, color, si acaba en flecha y la puerta que manda en el grosor. values: dónde se escribe el valor de cada cosa
// en el paso, con qué símbolo y subíndice, de qué color y, si no empieza ahí, dónde se ancla.
const DRAWINGS = {
  SimpleRNN: {
    size: [10, 3.2],
    wires: [
      ["0,1.3 3.9,1.3", "candidate"],
      ["2.2,3 2.2,1.3", "plain", true],
      ["4.9,1.3 10,1.3", "candidate"],
      ["7.4,1.3 7.4,0.3 10,0.3", "output"],
    ],
    boxes: [[4.4, 1.3, "tanh", "candidate"]],
    labels: [[0, 1, "h", "t−1", "candidate"], [8.2, 0.15, "salida", "", "output"]],
    values: { x: [2.45, 3, "x", "t", "plain"], h: [10, 1.8, "h", "t", "candidate", "end"] },
  },
  LSTM: {
    size: [10.6, 5],
    wires: [
      ["0,0.7 1.95,0.7", "forget"],
      ["2.2,2.7 2.2,0.95", "forget", true, "f"],
      ["2.45,0.7 4.85,0.7", "update", false, "f"],
      ["5.1,1.55 5.1,0.95", "update", true, "i"],
      ["5.35,0.7 10.6,0.7", "update"],
      ["3.7,2.7 3.7,1.8 4.85,1.8", "input", true, "i"],
      ["5.1,2.7 5.1,2.05", "input", true],
      ["9.1,0.7 9.1,1.3", "output", true],
      ["9.1,1.9 9.1,2.75", "output", true],
      ["7.4,3 8.85,3", "output", true, "o"],
      ["9.1,3.25 9.1,4.2 10.6,4.2", "output", true, "o"],
      ["0,4.2 7.1,4.2 7.1,3.3", "plain", true],
      ["2.2,4.2 2.2,3.3", "plain", true],
      ["3.7,4.2 3.7,3.3", "plain", true],
      ["5.1,4.2 5.1,3.3", "plain", true],
      ["1,4.9 1,4.2", "plain", true],
    ],
    boxes: [
      [2.2, 3, "σ", "forget"], [3.7, 3, "σ", "input"], [5.1, 3, "tanh", "candidate"], [7.1, 3, "σ", "output"],
      [9.1, 1.6, "tanh", "output"],
    ],
    rounds: [[2.2, 0.7, "⊙", "forget"], [5.1, 1.8, "⊙", "input"], [5.1, 0.7, "+", "update"], [9.1, 3, "⊙", "output"]],
    labels: [[0, 0.45, "c", "t−1", "forget"], [0, 4, "h", "t−1", "plain"]],
    values: {
      f: [2, 2.25, "f", "", "forget", "end"], i: [3.25, 1.55, "i", "", "input"], c_tilde: [5.3, 2.45, "c̃", "", "candidate"],
      o: [8.85, 2.68, "o", "", "output", "end"], c: [10.6, 0.42, "c", "t", "update", "end"], h: [10.6, 4.75, "h", "t", "output", "end"],
      x: [1.2, 4.95, "x", "t", "plain"],
    },
  },
  GRU: {
    size: [10.2, 4.6],
    wires: [
      ["0.6,0.7 4.75,0.7", "keep"],
      ["5.25,0.7 7.55,0.7", "keep", true, "z"],
      ["8.05,0.7 10.2,0.7", "update", true],
      ["1.2,0.7 1.2,4.1", "plain"],
      ["0.6,4.1 1.2,4.1", "plain"],
      ["1.2,4.1 2.4,4.1 2.4,3.35", "plain", true],
      ["1.2,4.1 5,4.1 5,3.35", "plain", true],
      ["0.8,4.1 0.8,4.4 7.8,4.4 7.8,3.35", "plain", true],
      ["2.4,2.7 2.4,2", "reset", true, "r"],
      ["1.2,1.75 2.15,1.75", "plain", true],
      ["2.65,1.75 4.35,1.75 4.35,3.7 7.55,3.7 7.55,3.35", "reset", true, "r"],
      ["5,2.7 5,0.95", "keep", true, "z"],
      ["5,1.75 6.05,1.75", "keep", true],
      ["6.65,1.75 7.55,1.75", "keep", true, "not z"],
      ["7.8,2.7 7.8,2", "candidate", true],
      ["7.8,1.5 7.8,0.95", "candidate", true, "not z"],
    ],
    boxes: [[2.4, 3.05, "σ", "reset"], [5, 3.05, "σ", "keep"], [7.8, 3.05, "tanh", "candidate"], [6.35, 1.75, "1−", "keep"]],
    rounds: [[2.4, 1.75, "⊙", "reset"], [5, 0.7, "⊙", "keep"], [7.8, 1.75, "⊙", "candidate"], [7.8, 0.7, "+", "update"]],
    labels: [[0.2, 0.4, "h", "t−1", "plain"]],
    values: {
      r: [2.6, 2.42, "r", "", "reset"], z: [5.2, 2.42, "z", "", "keep"], h_tilde: [8, 2.42, "h̃", "", "candidate"],
      h: [10.2, 0.35, "h", "t", "update", "end"], x: [0, 4.75, "x", "t", "plain"],
    },
  },
};

// Los colores de las puertas, como en las figuras.
export const PIECES = { i: "input", f: "forget", c_tilde: "candidate", o: "output", z: "keep", r: "reset", h_tilde: "candidate" };

export class Diagram {
  constructor(kind) {
    this.drawing = DRAWINGS[kind];
    const [w, h] = this.drawing.size;
    this.thick = [];
    this.numbers = {};
    this.element = svg("svg", { class: "ex-diagram", viewBox: `-0.2 -0.25 ${w + 0.4} ${h + 0.55}`, "aria-hidden": "true" });
    for (const [points, piece, arrow, gate] of this.drawing.wires) {
      const size = gate ? 1.5 : 1;
      const wire = svg("polyline", { points: arrow ? shortened(points, 0.15 * size) : points, class: `ex-wire ${piece}` });
      this.element.append(wire);
      if (arrow) this.element.append(head(points, piece, size));
      if (gate) this.thick.push([wire, gate]);
    }
    for (const [x, y, text, piece] of this.drawing.boxes) {
      const half = text.length > 2 ? 0.42 : 0.27;
      this.element.append(
        svg("rect", { x: x - half, y: y - 0.26, width: 2 * half, height: 0.52, rx: 0.08, class: `ex-box ${piece}` }),
        svg("text", { x, y: y + 0.1, class: `ex-sign ${piece}` }, text),
      );
    }
    for (const [x, y, text, piece] of this.drawing.rounds ?? []) {
      this.element.append(
        svg("circle", { cx: x, cy: y, r: 0.22, class: `ex-box ${piece}` }),
        svg("text", { x, y: y + 0.1, class: `ex-sign ${piece}` }, text),
      );
    }
    for (const [x, y, text, below, piece] of this.drawing.labels) {
      this.element.append(svg("text", { x, y, class: piece }, ...name(text, below)));
    }
    for (const [key, [x, y, text, below, piece, anchor]] of Object.entries(this.drawing.values)) {
      this.numbers[key] = svg("tspan", { class: "ex-number", dy: below ? -0.09 : 0 });
      this.element.append(svg("text", { x, y, class: piece, "text-anchor": anchor ?? "start" }, ...name(text, below), this.numbers[key]));
    }
  }

  // values: las puertas y el estado en un paso, y la entrada x.
  draw(values) {
    for (const [key, number] of Object.entries(this.numbers)) number.textContent = ` = ${format(values[key])}`;
    for (const [wire, gate] of this.thick) {
      const open = gate === "not z" ? 1 - values.z : values[gate];
      wire.style.strokeWidth = 0.02 + 0.13 * open;
    }
  }
}

// Un símbolo, en cursiva, y su subíndice.
function name(text, below) {
  const parts = [svg("tspan", { class: "ex-name" }, text)];
  if (below) parts.push(svg("tspan", { class: "ex-name ex-below", dy: 0.09 }, below));
  return parts;
}

const pairs = (points) => points.split(" ").map((point) => point.split(",").map(Number));

// Un cable que acaba antes, para que la punta de la flecha quede entera.
function shortened(points, by) {
  const all = pairs(points);
  const [[x0, y0], [x1, y1]] = all.slice(-2);
  const part = by / Math.hypot(x1 - x0, y1 - y0);
  return [...all.slice(0, -1), [x1 - part * (x1 - x0), y1 - part * (y1 - y0)]].join(" ");
}

// La punta de la flecha en que acaba un cable.
function head(points, piece, size) {
  const [[x0, y0], [x1, y1]] = pairs(points).slice(-2);
  const angle = (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI;
  return svg("path", { d: "M0,0l-0.2,0.09v-0.18z", transform: `translate(${x1},${y1}) rotate(${angle}) scale(${size})`, class: `ex-head ${piece}` });
}
