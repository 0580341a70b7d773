// Una celda de una unidad y una entrada: qué recuerda, qué hacen sus puertas y hasta dónde llega su memoria.

import { Cell } from "./cells.js";
import { Diagram, PIECES } from "./diagrams.js";
import { Chart, choice, format, html, menu, onceAFrame, slider, summary, symbol } from "./ui.js";

export const T = 40;
const NAMES = { SimpleRNN: "SRU", LSTM: "LSTM", GRU: "GRU" };

// Por celda: sus puertas, como se llaman, y los pesos con que empieza. Los de cada puerta: entrada, estado y sesgo.
export const KINDS = {
  SimpleRNN: {
    gates: ["h"],
    start: { h: [1, 0.9, 0] },
    main: ["h", 1, ["Peso de la realimentación, ", ...symbol("W", "h")], -1.5, 1.5],
    titles: { h: "estado" },
  },
  LSTM: {
    gates: ["i", "f", "c_tilde", "o"],
    start: { i: [3, 0, -1], f: [0, 0, 1], c_tilde: [2, 0, 0], o: [0, 0, 2] },
    main: ["f", 2, ["Sesgo de la puerta de olvido, ", ...symbol("b", "f")], -6, 6],
    titles: { i: "entrada, i", f: "olvido, f", c_tilde: "candidato, c̃", o: "salida, o" },
  },
  GRU: {
    gates: ["z", "r", "h_tilde"],
    start: { z: [-3, 0, 1], r: [0, 0, 2], h_tilde: [2, 0, 0] },
    main: ["z", 2, ["Sesgo de la puerta de actualización, ", ...symbol("b", "z")], -6, 6],
    titles: { z: "actualización, z", r: "reinicio, r", h_tilde: "candidato, h̃" },
  },
};
export const INPUTS = {
  impulso: ["Un impulso", (t) => (t === 0 ? 1 : 0)],
  pareja: ["Un impulso y su contrario", (t) => ({ 0: 1, 20: -1 })[t] ?? 0],
  escalon: ["Un escalón", (t) => (t >= 5 && t < 20 ? 1 : 0)],
  onda: ["Una onda", (t) => Math.sin((2 * Math.PI * t) / 10)],
};
const ROLES = ["desde la entrada", "desde el estado", "sesgo"];

export function build({ presets }) {
  let kind = presets.cell ?? "LSTM";
  let x = Array.from({ length: T }, (_, t) => INPUTS[presets.input ?? "impulso"][1](t));
  let at = arrival();
  const weights = structuredClone(Object.fromEntries(Object.entries(KINDS).map(([name, { start }]) => [name, start])));
  if (presets.bias) {
    const [gate, which] = KINDS[kind].main;
    weights[kind][gate][which] = Number(presets.bias);
  }

  const text = summary();
  const drawing = html("div", { className: "ex-drawing" });
  const first = html("div", { className: "ex-first" });
  const weigh = html("details", { className: "ex-details" });
  const charts = html("div", { className: "ex-charts" });
  const step = slider({ label: "Paso", min: 1, max: T, step: 1, value: at + 1, digits: 0, onInput: (value) => go(value - 1) });
  const entry = slider({ label: "Entrada en ese paso", min: -1, max: 1, step: 0.1, value: x[at], onInput: (value) => ((x[at] = value), redraw()) });
  const inputMenu = menu({
    label: "Entradas",
    options: Object.fromEntries(Object.entries(INPUTS).map(([key, [name]]) => [key, name])),
    value: presets.input ?? "impulso",
    onChange: (key) => {
      x = x.map((_, t) => INPUTS[key][1](t));
      go(arrival());
    },
  });
  let parts;

  // El paso en que llega la primera entrada.
  function arrival() {
    return Math.max(0, x.findIndex((value) => value !== 0));
  }

  // Lleva el cursor a un paso.
  function go(t) {
    at = t;
    step.set(t + 1);
    entry.set(x[t]);
    redraw();
  }

  function rebuild() {
    const { gates, main, titles } = KINDS[kind];
    const [gate, which, label, min, max] = main;
    const rows = html("div", { className: "ex-weights" });
    const sliders = {};
    for (const name of gates) {
      const group = html("fieldset", {}, html("legend", { className: PIECES[name] ?? "candidate" }, titles[name]));
      sliders[name] = ROLES.map((role, k) =>
        slider({ label: role, min: -6, max: 6, step: 0.1, value: weights[kind][name][k], onInput: (value) => change(name, k, value) }),
      );
      group.append(...sliders[name].map(({ element }) => element));
      rows.append(group);
    }
    const top = slider({ label, min, max, step: 0.05, digits: 2, value: weights[kind][gate][which], onInput: (value) => change(gate, which, value) });
    function change(name, k, value) {
      weights[kind][name][k] = value;
      if (name === gate && k === which) [top, sliders[name][k]].forEach((each) => each.set(value));
      redraw();
    }
    first.replaceChildren(top.element);
    weigh.replaceChildren(html("summary", {}, "Todos los pesos"), rows);

    const diagram = new Diagram(kind);
    drawing.replaceChildren(diagram.element);
    const lines = gates.filter((name) => name.length === 1 && name !== "h");
    parts = {
      diagram,
      lines,
      input: new Chart({
        title: "Entrada x (arrastra para cambiarla)", label: "Entrada en cada paso", domain: [-1, 1], ticks: [-1, 0, 1], guide: 0, height: 72,
        series: [{ className: "plain", bars: true }], freehand: true,
        onPick: (t, value) => ((x[t] = Math.round(value * 10) / 10), go(t)),
      }),
      state: new Chart({
        title: "Estado", label: "Estado en cada paso", domain: [-1, 1], ticks: [-1, 0, 1], guide: 0,
        series: kind === "LSTM" ? [{ name: "celda c", className: "update" }, { name: "salida h", className: "output" }] : [{ name: "h", className: kind === "GRU" ? "update" : "candidate" }],
        onPick: go,
      }),
      gates: lines.length
        ? new Chart({
            title: "Puertas", label: "Puertas en cada paso", domain: [0, 1],
            series: lines.map((name) => ({ name: titles[name], className: PIECES[name] })), onPick: go,
          })
        : null,
      reach: new Chart({
        title: "Memoria: lo que pesa cada entrada al final", label: "Influencia de cada entrada en el último estado, respecto de la que más pesa",
        note: "1 es la que más; a trazos, su décima parte", domain: [0, 1], guide: 0.1, height: 64, unit: "paso",
        series: [{ className: "update", bars: true }], onPick: go,
      }),
    };
    charts.replaceChildren(...[parts.input, parts.state, parts.gates, parts.reach].filter(Boolean).map(({ element }) => element));
    redraw();
  }

  function draw() {
    const cell = layer(kind, weights[kind]);
    const steps = cell.run(x.map((value) => [value]));
    const influence = reach(cell, x, steps);
    const series = (name) => steps.map((each) => each[name][0]);
    parts.input.draw([x], at);
    if (kind === "LSTM") {
      const most = Math.max(...series("c").map(Math.abs));
      const limit = [1, 2, 5, 10, 40].find((each) => each >= most) ?? 40;
      parts.state.stretch([-limit, limit], [-limit, 0, limit]);
    }
    parts.state.draw(kind === "LSTM" ? [series("c"), series("h")] : [series("h")], at);
    parts.gates?.draw(parts.lines.map(series), at);
    const most = Math.max(...influence);
    parts.reach.draw([influence.map((value) => (most ? value / most : 0))], at);
    const now = Object.fromEntries(Object.entries(steps[at]).map(([name, value]) => [name, value[0]]));
    parts.diagram.draw({ ...now, x: x[at] });
    text.set(`${describe(kind, now, at, x[at])} ${describeReach(influence, most)}`);
  }
  const redraw = onceAFrame(draw);

  rebuild();
  return [
    html(
      "div",
      { className: "ex-bar" },
      choice({
        label: "Celda", options: NAMES, value: kind,
        onChange: (value) => {
          kind = value;
          rebuild();
        },
      }),
      inputMenu.element,
    ),
    html("div", { className: "ex-cell" }, first, charts, html("div", { className: "ex-steps" }, step.element, entry.element, weigh), drawing),
    text.element,
  ];
}

// La capa de Keras de una unidad con esos pesos.
export function layer(kind, weights) {
  const gates = Object.values(weights);
  const bias = gates.map((gate) => gate[2]);
  if (kind === "GRU") bias.push(0, 0, 0);
  return new Cell(kind, ...[0, 1].map((k) => gates.map((gate) => gate[k])), bias);
}

// |∂h_T/∂x_t| para cada paso: la derivada de cada paso, por diferencias, y la regla de la cadena hacia atrás.
export function reach(cell, x, steps) {
  const e = 1e-5;
  const states = [cell.start(), ...steps];
  const slope = (more, less) => [more, less].map(({ h, c }) => [h[0], c?.[0] ?? 0]).reduce((a, b) => a.map((value, k) => (value - b[k]) / (2 * e)));
  let d = [1, 0]; // ∂h_T/∂(h_t, c_t)
  const found = [];
  for (let t = x.length - 1; t >= 0; t--) {
    const h = states[t].h[0];
    const c = states[t].c?.[0] ?? 0;
    const at = (dx, dh, dc) => cell.step([x[t] + dx], { h: Float64Array.of(h + dh), c: Float64Array.of(c + dc) });
    const along = (...direction) => {
      const change = slope(at(...direction), at(...direction.map((each) => -each)));
      return d[0] * change[0] + d[1] * change[1];
    };
    found[t] = Math.abs(along(e, 0, 0));
    d = [along(0, e, 0), along(0, 0, e)];
  }
  return found;
}

function describe(kind, now, at, x) {
  const start = `${NAMES[kind]}, paso ${at + 1} de ${T}: entra ${format(x)}`;
  if (kind === "SimpleRNN") return `${start} y el estado queda en ${format(now.h)}.`;
  if (kind === "GRU") {
    return `${start}; la puerta de actualización conserva el ${percent(now.z)} del estado y deja entrar el ${percent(1 - now.z)} del candidato, ${format(now.h_tilde)}, que se preparó viendo el ${percent(now.r)} de lo anterior; el estado queda en ${format(now.h)}.`;
  }
  return `${start}; la puerta de olvido conserva el ${percent(now.f)} de la celda, la de entrada escribe el ${percent(now.i)} del candidato, ${format(now.c_tilde)}, y la celda queda en ${format(now.c)}; la de salida enseña el ${percent(now.o)}, y sale ${format(now.h)}.`;
}

function describeReach(influence, most) {
  if (!most) return "Ninguna entrada influye en el último estado.";
  const first = influence.findIndex((value) => value >= most / 10);
  const back = T - first;
  if (back === T) return `La memoria llega a los ${T} pasos: la primera entrada aún pesa más de la décima parte que la que más.`;
  return `La memoria llega a ${back} ${back === 1 ? "paso" : "pasos"} del final: las entradas anteriores pesan menos de la décima parte que la que más.`;
}

const percent = (value) => `${Math.round(100 * value)}\u00a0%`;
