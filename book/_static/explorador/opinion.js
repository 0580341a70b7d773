// La red que opina de una reseña de cine: su probabilidad tras cada palabra y las puertas con que la lee.

import { sigmoid } from "./cells.js";
import { load } from "./weights.js";
import { Chart, field, format, html, menu, onceAFrame, slider, summary, svg } from "./ui.js";

const LONGEST = 200; // palabras, las mismas que al entrenar
export const EXAMPLES = {
  but: ["Empieza bien y acaba mal", "The first half hour is lovely, the actors are charming and the music is beautiful. But then the story falls apart, nothing makes sense, and the ending is a terrible waste of time."],
  turn: ["Empieza mal y acaba bien", "I expected a boring, predictable film and the opening is rather slow. I was wrong. It grows into a wonderful story, the best performance of her career, and an ending I loved."],
  not: ["Una negación", "This is not a good film. It is not funny and it is not worth your money."],
  irony: ["Una ironía", "What a great way to lose two hours of my life. Brilliant, if you enjoy watching paint dry."],
  plot: ["Solo cuenta la historia", "A man comes back to his village after the war and finds that his brother has sold the house. He waits for him at the station every morning."],
};
const PUNCTUATION = /[!-/:-@[-`{-~]/g; // la de ASCII, que se borra

export const words = (text) => text.split(/\s+/).map((shown) => ({ shown, word: shown.toLowerCase().replace(PUNCTUATION, "") })).filter(({ word }) => word);

// La probabilidad de que la reseña sea positiva tras cada palabra, y las puertas.
export function read(network, found) {
  network.index ??= new Map(network.vocabulary.map((word, code) => [word, code]));
  let state = network.gru.start();
  return found.map(({ word }) => {
    const code = network.index.get(word) ?? 1;
    state = network.step(code, state);
    const [logit] = network.logits(state.h);
    return { ...state, logit, p: sigmoid(logit), known: code > 1 };
  });
}

export function build({ weights, integrity, presets }) {
  let network;
  let found = [];
  let left = 0; // palabras que no se leen, por larga
  let steps = [];
  let at = 0;

  const text = summary();
  const area = html("textarea", { rows: 4, lang: "en", value: EXAMPLES[presets.example ?? "but"][1] });
  const example = menu({
    label: "Ejemplo", value: presets.example ?? "but",
    options: Object.fromEntries(Object.entries(EXAMPLES).map(([key, [name]]) => [key, name])),
    onChange: (key) => {
      area.value = EXAMPLES[key][1];
      update();
    },
  });
  const place = slider({ label: "Palabra", min: 1, max: 1, step: 1, value: 1, digits: 0, onInput: (value) => pick(value - 1) });
  const page = html("p", { className: "ex-text ex-review", lang: "en" });
  const chart = new Chart({
    title: "Probabilidad de que sea positiva, tras cada palabra", label: "Probabilidad tras cada palabra", domain: [0, 1], ticks: [0, 0.5, 1], guide: 0.5, height: 130, unit: "palabra",
    series: [{ className: "update" }], onPick: (t) => pick(t),
  });
  const heat = new Heat();

  function pick(t) {
    at = Math.min(t, steps.length - 1);
    place.set(at + 1);
    redraw();
  }

  async function update() {
    try {
      network ??= await load(weights, integrity);
    } catch (error) {
      text.set(`No se han podido cargar los pesos de la red: ${error.message}. Recarga la página para volver a intentarlo.`);
      return;
    }
    const all = words(area.value);
    found = all.slice(-LONGEST);
    left = all.length - found.length;
    if (!found.length) {
      steps = [];
      page.replaceChildren();
      text.set("Escribe una reseña en inglés.");
      return;
    }
    steps = read(network, found);
    place.input.max = steps.length;
    page.replaceChildren(
      ...steps.flatMap(({ logit, known }, t) => {
        const change = logit - (t ? steps[t - 1].logit : network.logits(network.gru.start().h)[0]);
        const span = html("span", { className: `${change < 0 ? "ex-low" : "ex-high"}${known ? "" : " ex-unknown"}` }, found[t].shown);
        span.style.setProperty("--level", Math.min(1, Math.abs(change) / 1.5).toFixed(2));
        span.addEventListener("click", () => pick(t));
        return [span, " "];
      }),
    );
    pick(steps.length - 1);
  }

  function draw() {
    if (!steps.length) return;
    chart.draw([steps.map(({ p }) => p)], at);
    heat.draw(steps, at);
    [...page.children].forEach((span, t) => span.classList.toggle("ex-now", t === at));
    const { p, z, known } = steps[at];
    const before = at ? steps[at - 1].p : sigmoid(network.logits(network.gru.start().h)[0]);
    const kept = z.reduce((sum, each) => sum + each, 0) / z.length;
    text.set(
      `Palabra ${at + 1} de ${steps.length}, «${found[at].shown}»${known ? "" : ", que la red no conoce"}: la probabilidad pasa de ${format(before)} a ${format(p)}. De media, las puertas conservan el ${Math.round(100 * kept)}\u00a0% del estado. Al terminar, ${format(steps.at(-1).p)}: ${steps.at(-1).p > 0.5 ? "positiva" : "negativa"}.${left ? ` Solo se leen las últimas ${LONGEST} palabras.` : ""}`,
    );
  }
  const redraw = onceAFrame(draw);

  area.addEventListener("input", update);
  update();
  return [
    html(
      "div",
      { className: "ex-columns" },
      html(
        "div",
        {},
        example.element,
        field("Reseña, en inglés", area),
        html("p", { className: "ex-heading" }, "Lo que hace cada palabra"),
        page,
        html(
          "p",
          { className: "ex-note" },
          html("span", { className: "ex-low", style: "--level: 1" }, "baja la probabilidad"),
          " · ",
          html("span", { className: "ex-high", style: "--level: 1" }, "la sube"),
          " · ",
          html("span", { className: "ex-unknown" }, "no está en su vocabulario"),
        ),
      ),
      html("div", {}, place.element, chart.element, heat.element),
    ),
    text.element,
  ];
}

// La puerta de actualización de cada unidad (filas) tras cada palabra (columnas).
class Heat {
  constructor() {
    this.picture = svg("svg", { class: "ex-heat", preserveAspectRatio: "none", role: "img", "aria-label": "Puerta de actualización de cada unidad con cada palabra" });
    const rows = html("div", { className: "ex-rows", "aria-hidden": "true" }, html("span", {}, "1"), html("span", {}));
    this.last = rows.lastChild;
    this.element = html(
      "figure",
      { className: "ex-figure" },
      html("figcaption", {}, html("strong", {}, "Puerta de actualización z de cada unidad"), html("span", {}, html("span", { className: "ex-scale" }), "de 0, renueva, a 1, conserva")),
      html("div", { className: "ex-map" }, rows, this.picture),
    );
  }

  draw(steps, at) {
    if (this.steps !== steps) {
      this.steps = steps;
      const H = steps[0].z.length;
      this.last.textContent = H;
      this.picture.setAttribute("viewBox", `0 0 ${steps.length} ${H}`);
      this.now = svg("rect", { class: "ex-frame", y: 0, width: 1, height: H });
      this.picture.replaceChildren(
        ...steps.flatMap(({ z }, t) => Array.from(z, (value, k) => svg("rect", { x: t, y: k, width: 1.02, height: 1.02, "fill-opacity": value.toFixed(3) }))),
        this.now,
      );
    }
    this.now.setAttribute("x", at);
  }
}
