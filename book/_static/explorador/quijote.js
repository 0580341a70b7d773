// La red que escribe como el Quijote: un comienzo, una temperatura, y qué hace cada una de sus unidades con cada letra.

import { load } from "./weights.js";
import { button, field, format, html, menu, onceAFrame, reducedMotion, slider, summary } from "./ui.js";

const LONGEST = 6000; // letras en pantalla
const BURST = 500; // letras por encargo
const FRAME = 10; // milisegundos de cálculo por fotograma

// Lo que se busca en las unidades: un número por letra del texto.
export const FEATURES = {
  sentence: ["cuánto hace del último signo", (text) => since(text, (letter) => /[.,;:!?\n]/.test(letter)).map((n) => Math.min(n, 60))],
  paragraph: ["cuánto lleva el párrafo", (text) => since(text, (letter) => letter === "\n").map((n) => Math.min(n, 100))],
  word: ["cuántas letras lleva la palabra", (text) => since(text, (letter) => !/\p{L}/u.test(letter))],
  dialogue: ["si habla un personaje", (text) => dialogue(text)],
  question: ["si está dentro de una pregunta", (text) => inside(text, "¿", "?")],
};

function since(text, starts) {
  let n = 0;
  return text.map((letter) => (n = starts(letter) ? 0 : n + 1));
}

function inside(text, open, close) {
  let now = 0;
  return text.map((letter) => (now = letter === open ? 1 : letter === close || letter === "\n" ? 0 : now));
}

// Un guion al empezar el párrafo abre un parlamento; los demás, si no unen dos letras, lo interrumpen o lo reanudan.
function dialogue(text) {
  let now = 0;
  return text.map((letter, t) => {
    if (letter === "\n") now = 0;
    else if (letter === "-" && !(/\p{L}/u.test(text[t - 1] ?? "") && /\p{L}/u.test(text[t + 1] ?? ""))) {
      now = t === 0 || text[t - 1] === "\n" ? 1 : 1 - now;
    }
    return now;
  });
}

// La correlación de cada unidad con lo buscado en los párrafos impares, y la de la elegida en los pares, que no eligen.
export function findUnit(text, states, wanted) {
  let odd = true;
  const places = [[], []];
  text.forEach((letter, t) => {
    places[odd ? 0 : 1].push(t);
    if (letter === "\n") odd = !odd;
  });
  const scores = Array.from({ length: states[0].length }, (_, unit) => correlation(states, unit, wanted, places[0]));
  const unit = scores.reduce((best, score, k) => (Math.abs(score) > Math.abs(scores[best]) ? k : best), 0);
  return { unit, found: scores[unit], checked: correlation(states, unit, wanted, places[1]) };
}

function correlation(states, unit, wanted, places) {
  const n = places.length;
  let [x, y, xx, yy, xy] = [0, 0, 0, 0, 0];
  for (const t of places) {
    const [a, b] = [states[t][unit], wanted[t]];
    x += a;
    y += b;
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  const spread = Math.sqrt((n * xx - x * x) * (n * yy - y * y));
  return spread ? (n * xy - x * y) / spread : 0;
}

export function softmax(logits, tau) {
  const most = Math.max(...logits);
  const p = Array.from(logits, (a) => Math.exp((a - most) / tau));
  const total = p.reduce((sum, each) => sum + each, 0);
  return p.map((each) => each / total);
}

// Una red que lee y escribe con el estado a cuestas.
export class Writer {
  constructor(network) {
    Object.assign(this, { network, letters: [...network.alphabet, "¤"] });
    this.codes = new Map(this.letters.map((letter, code) => [letter, code]));
    this.reset();
  }

  reset() {
    Object.assign(this, { text: [], states: [], state: this.network.gru.start() });
  }

  read(letter) {
    this.state = this.network.step(this.codes.get(letter) ?? this.letters.length - 1, this.state);
    this.text.push(letter);
    this.states.push(Float32Array.from(this.state.h));
  }

  next(tau) {
    return softmax(this.network.logits(this.state.h), tau);
  }

  write(tau) {
    const p = this.next(tau);
    p[p.length - 1] = 0; // la letra desconocida no se escribe
    let left = Math.random() * p.reduce((sum, each) => sum + each, 0);
    this.read(this.letters[p.findIndex((each) => (left -= each) < 0)] ?? " ");
  }
}

export function build({ weights, integrity, presets }) {
  let tau = Number(presets.temperature ?? 0.7);
  let unit = Number(presets.unit ?? 1) - 1;
  let writer;
  let goal = 0; // letras que tiene que haber al terminar
  let pending = []; // letras por leer
  let after; // qué hacer al terminar
  let run = 0; // el último encargo

  const text = summary();
  const page = html("p", { className: "ex-text", tabIndex: 0, role: "region" });
  page.setAttribute("aria-label", "Texto, coloreado según la unidad elegida");
  const next = html("ol", { className: "ex-next" });
  const start = html("input", { type: "text", value: presets.start ?? "En un lugar de la Mancha, ", maxLength: 200 });
  const heat = slider({ label: "Temperatura", min: 0.1, max: 1.5, step: 0.1, value: tau, onInput: (value) => ((tau = value), writer && showNext()) });
  const chosen = slider({ label: "Unidad que colorea", min: 1, max: 256, step: 1, digits: 0, value: unit + 1, onInput: (value) => ((unit = value - 1), paintAll()) });
  const wanted = menu({
    label: "Buscar la unidad que sabe", value: "sentence", onChange: () => {},
    options: Object.fromEntries(Object.entries(FEATURES).map(([key, [name]]) => [key, name])),
  });
  const write = button("Escribir", () => (busy() ? halt() : ask(start.value, BURST)), "ex-button ex-main");
  const more = button("Seguir", () => ask(null, BURST));
  const read = button("Leer un fragmento del libro", () => readBook());
  const search = button("Buscar", () => readBook(find));

  const busy = () => pending.length > 0 || (writer && writer.text.length < goal);

  async function ready() {
    if (writer) return true;
    try {
      writer = new Writer(await load(weights, integrity));
      chosen.input.max = writer.network.gru.H;
      return true;
    } catch (error) {
      text.set(`No se han podido cargar los pesos de la red: ${error.message}. Recarga la página para volver a intentarlo.`);
      return false;
    }
  }

  // Lee un comienzo (o sigue donde estaba) y escribe `n` letras.
  async function ask(opening, n, done = announce) {
    if (!(await ready())) return;
    if (opening !== null || writer.text.length + n > LONGEST) {
      writer.reset();
      page.replaceChildren();
      pending = [...(opening || "\n")];
    }
    after = done;
    goal = n ? writer.text.length + pending.length + n : 0;
    write.textContent = "Parar";
    if (pending.length + n > 100) text.set(n ? "Escribiendo…" : "Leyendo…");
    tick(++run);
  }

  function tick(mine) {
    if (mine !== run) return;
    const deadline = performance.now() + FRAME;
    const oneByOne = goal && !pending.length && !reducedMotion.matches;
    do {
      if (pending.length) writer.read(pending.shift());
      else if (writer.text.length < goal) writer.write(tau);
      else break;
    } while (!oneByOne && performance.now() < deadline);
    paintNew();
    if (busy()) return requestAnimationFrame(() => tick(mine));
    stop();
    after();
  }

  function stop() {
    goal = 0;
    pending = [];
    write.textContent = "Escribir";
    showNext();
  }

  function halt() {
    after = announce;
    stop();
  }

  function announce() {
    const written = writer.text.join("").trim();
    text.set(`Con temperatura ${format(tau, 1)}, el texto tiene ${writer.text.length} letras y acaba así: «…${written.slice(-160)}».`);
  }

  async function readBook(done = () => text.set("Un fragmento del libro que la red no leyó al entrenarse, coloreado según la unidad elegida.")) {
    const book = await (await fetch(new URL("quijote.txt", import.meta.url))).text();
    if (writer && !busy() && writer.text.join("") === book) return done(); // ya está leído
    await ask(book, 0, done);
  }

  function find() {
    const [name, measure] = FEATURES[wanted.select.value];
    const best = findUnit(writer.text, writer.states, measure(writer.text));
    unit = best.unit;
    chosen.set(unit + 1);
    paintAll();
    text.set(
      `La unidad que mejor sabe ${name} es la ${unit + 1}: correlación ${format(best.found)} en los párrafos impares, con los que se elige, y ${format(best.checked)} en los pares.`,
    );
  }

  const tint = (span, state) => {
    span.style.setProperty("--level", Math.min(1, Math.abs(state[unit])).toFixed(2));
    span.className = state[unit] < 0 ? "ex-low" : "ex-high";
  };

  function paintNew() {
    const made = document.createDocumentFragment();
    for (let t = page.childElementCount; t < writer.text.length; t++) {
      const span = html("span", {}, writer.text[t]);
      tint(span, writer.states[t]);
      made.append(span);
    }
    page.append(made);
    if (goal) page.scrollTop = page.scrollHeight;
    showNext();
  }

  const paintAll = onceAFrame(() => writer?.states.forEach((state, t) => tint(page.children[t], state)));

  function showNext() {
    const p = writer.next(tau);
    const best = p.map((_, code) => code).sort((a, b) => p[b] - p[a]).slice(0, 8);
    while (next.childElementCount < 8) next.append(html("li", {}, html("span"), html("span")));
    best.forEach((code, k) => {
      const [letter, share] = next.children[k].children;
      letter.textContent = { " ": "espacio", "\n": "párrafo" }[writer.letters[code]] ?? writer.letters[code];
      share.textContent = p[code] < 0.005 ? "< 1 %" : `${(100 * p[code]).toFixed(0)} %`;
      next.children[k].style.setProperty("--share", p[code].toFixed(3));
    });
  }

  const legend = html(
    "p",
    { className: "ex-note" },
    html("span", { className: "ex-low", style: "--level: 1" }, "Activación negativa"),
    " · ",
    html("span", { className: "ex-high", style: "--level: 1" }, "activación positiva"),
    ". El color es tanto más fuerte cuanto mayor es.",
  );
  ready().then((loaded) => loaded && !busy() && !writer.text.length && ask(start.value, 0));
  return [
    html("div", { className: "ex-bar" }, field("Comienzo", start), heat.element),
    html("div", { className: "ex-buttons" }, write, more, read),
    html("div", { className: "ex-bar" }, chosen.element, html("div", { className: "ex-search" }, wanted.element, search)),
    html("div", { className: "ex-columns ex-wide" }, html("div", {}, page, legend), html("div", {}, html("p", { className: "ex-heading" }, "Letra siguiente"), next)),
    text.element,
  ];
}
