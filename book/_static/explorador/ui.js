// Piezas de página que comparten los instrumentos: controles con rótulo, texto que se anuncia, dibujos en SVG.

export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

let ids = 0;

// Un elemento con sus propiedades, atributos (los que llevan guion, y los de SVG) e hijos.
export function html(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && !(element instanceof SVGElement)) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// Un símbolo con su subíndice, como en las ecuaciones.
export const symbol = (base, below) => [html("i", {}, base), html("sub", {}, below)];

export const format = (value, digits = 2) => value.toFixed(digits).replace(/^-(0(\.0*)?)$/, "$1").replace("-", "−");

// Un deslizador con su rótulo, que puede tener partes, y su valor a la vista.
export function slider({ label, min, max, step, value, digits = 1, onInput }) {
  const id = `ex-${++ids}`;
  const show = html("output", { htmlFor: id, "aria-live": "off" }); // el deslizador ya dice su valor
  const input = html("input", { type: "range", id, min, max, step, value, className: "ex-range" });
  const write = () => (show.value = format(Number(input.value), digits));
  input.addEventListener("input", () => {
    write();
    onInput(Number(input.value));
  });
  write();
  const element = html("div", { className: "ex-slider" }, html("label", { htmlFor: id }, ...[label].flat()), show, input);
  return {
    element,
    input,
    set(next) {
      input.value = next;
      write();
    },
  };
}

// Un campo de texto con su rótulo.
export function field(label, control) {
  control.id = `ex-${++ids}`;
  control.className = "ex-input";
  return html("div", { className: "ex-field" }, html("label", { htmlFor: control.id }, label), control);
}

export function menu({ label, options, value, onChange }) {
  const id = `ex-${++ids}`;
  const select = html("select", { id, className: "ex-select" });
  for (const [key, text] of Object.entries(options)) select.append(new Option(text, key, false, key === value));
  select.addEventListener("change", () => onChange(select.value));
  return { element: html("div", { className: "ex-menu" }, html("label", { htmlFor: id }, label), select), select };
}

export function choice({ label, options, value, onChange }) {
  const name = `ex-${++ids}`;
  const set = html("fieldset", { className: "ex-choice" }, html("legend", {}, label));
  for (const [key, text] of Object.entries(options)) {
    const radio = html("input", { type: "radio", name, value: key, checked: key === value });
    radio.addEventListener("change", () => onChange(key));
    set.append(html("label", {}, radio, html("span", {}, text)));
  }
  return set;
}

export function button(text, onClick, className = "ex-button") {
  const element = html("button", { type: "button", className }, text);
  element.addEventListener("click", onClick);
  return element;
}

// El texto de lo que se ve; un lector de pantalla lo anuncia cuando deja de cambiar.
export function summary() {
  const shown = html("p", { className: "ex-summary", "aria-hidden": "true" });
  const spoken = html("p", { className: "ex-spoken", role: "status" });
  let timer;
  return {
    element: html("div", {}, shown, spoken),
    set(text) {
      shown.textContent = text;
      clearTimeout(timer);
      timer = setTimeout(() => (spoken.textContent = text), 700);
    },
  };
}

// Llama a `draw` una vez por fotograma como mucho, por muchas veces que se pida.
export function onceAFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

// Gráfica de líneas o barras frente al paso, con las medidas en píxeles para que el texto no encoja en un móvil.
// series: [{ name, className, bars }]; los valores llegan con `draw`. unit: qué es un paso, si se escribe debajo. guide: un
// valor que se marca con una línea a trazos. note: lo que se dice de la gráfica, detrás de su título.
export class Chart {
  constructor({ title, label, domain, series, height = 88, ticks, guide, unit, note, freehand, onPick }) {
    Object.assign(this, { domain, series, height, ticks: ticks ?? [domain[0], domain[1]], guide, unit });
    this.picture = svg("svg", { class: "ex-chart", height: unit ? height + 14 : height, role: "img", "aria-label": label });
    const legend = html("figcaption", {}, html("strong", {}, title));
    for (const { name, className } of series) {
      if (name) legend.append(html("span", { className: `ex-key ${className}` }, name));
    }
    if (note) legend.append(html("span", {}, note));
    this.element = html("figure", { className: "ex-figure" }, legend, this.picture);
    this.values = series.map(() => []);
    if (onPick) this.listen(onPick);
    if (freehand) this.picture.classList.add("ex-freehand"); // el dedo dibuja y no mueve la página
    new ResizeObserver(() => this.resize()).observe(this.element);
  }

  // Una vez por tamaño: lo que no cambia al mover un control.
  resize() {
    const width = this.element.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    this.left = 34;
    const axis = this.ticks.map((tick) => [
      svg("line", { class: "ex-grid", x1: this.left, x2: width, y1: this.y(tick), y2: this.y(tick) }),
      svg("text", { class: "ex-tick", x: this.left - 5, y: this.y(tick) + 4, "text-anchor": "end" }, format(tick, tick % 1 ? 1 : 0)),
    ]);
    this.cursor = svg("line", { class: "ex-cursor", y1: 0, y2: this.height });
    this.marks = this.series.map(({ bars, className }) =>
      bars ? svg("g", { class: `ex-bars ${className}` }) : svg("path", { class: `ex-line ${className}` }),
    );
    const guide = this.guide === undefined ? [] : [svg("line", { class: "ex-guide", x1: this.left, x2: width, y1: this.y(this.guide), y2: this.y(this.guide) })];
    this.scale = svg("g", { class: "ex-tick", "text-anchor": "middle" });
    this.scaled = 0;
    this.picture.setAttribute("width", width);
    this.picture.replaceChildren(...axis.flat(), ...guide, this.cursor, ...this.marks, this.scale);
    this.draw(this.values, this.at);
  }

  // Otros valores extremos en el eje vertical.
  stretch(domain, ticks) {
    if (domain.join() === this.domain.join()) return;
    Object.assign(this, { domain, ticks, width: 0 });
    this.resize();
  }

  x(step) {
    return this.left + ((step + 0.5) * (this.width - this.left)) / this.steps;
  }

  y(value) {
    const [low, high] = this.domain;
    const inside = Math.min(high, Math.max(low, value));
    return 7 + ((high - inside) / (high - low)) * (this.height - 14);
  }

  draw(values, at) {
    Object.assign(this, { values, at, steps: values[0].length });
    if (!this.width || !this.steps) return;
    this.marks.forEach((mark, k) => {
      if (this.series[k].bars) this.drawBars(mark, values[k]);
      else mark.setAttribute("d", `M${values[k].map((value, t) => `${this.x(t).toFixed(1)},${this.y(value).toFixed(1)}`).join("L")}`);
    });
    if (this.unit && this.scaled !== this.steps) this.drawScale();
    const place = this.x(at);
    this.cursor.setAttribute("x1", place);
    this.cursor.setAttribute("x2", place);
  }

  // El número de algunos pasos; el último, siempre.
  drawScale() {
    this.scaled = this.steps;
    const every = [1, 2, 5, 10, 20, 50].find((each) => this.steps / each <= 7) ?? 100;
    const shown = Array.from({ length: Math.floor(this.steps / every) }, (_, k) => (k + 1) * every).filter((step) => step > 1);
    if (shown.at(-1) !== this.steps && this.steps > 1) {
      if (this.steps - shown.at(-1) < every / 2) shown.pop();
      shown.push(this.steps);
    }
    const number = (step, properties, text) => svg("text", { x: Math.min(this.x(step - 1), this.width - 7), y: this.height + 10, ...properties }, text);
    this.scale.replaceChildren(
      number(1, { x: this.left, "text-anchor": "start" }, `${this.unit} 1`),
      ...shown.filter((step) => this.x(step - 1) > this.left + 62).map((step) => number(step, {}, step)),
    );
  }

  drawBars(group, values) {
    while (group.childElementCount < values.length) group.append(svg("rect"));
    while (group.childElementCount > values.length) group.lastChild.remove();
    const width = Math.max(1.5, ((this.width - this.left) / this.steps) * 0.7);
    const zero = this.y(0);
    values.forEach((value, t) => {
      const top = this.y(value);
      const bar = group.children[t];
      bar.setAttribute("x", this.x(t) - width / 2);
      bar.setAttribute("width", width);
      bar.setAttribute("y", Math.min(zero, top));
      bar.setAttribute("height", Math.max(1, Math.abs(zero - top)));
    });
  }

  // Arrastrar sobre la gráfica: qué paso y qué valor.
  listen(onPick) {
    this.picture.classList.add("ex-pick");
    const pick = (event) => {
      const box = this.picture.getBoundingClientRect();
      const t = Math.floor(((event.clientX - box.left - this.left) / (box.width - this.left)) * this.steps);
      const [low, high] = this.domain;
      const value = high - ((event.clientY - box.top - 7) / (this.height - 14)) * (high - low);
      onPick(Math.min(this.steps - 1, Math.max(0, t)), Math.min(high, Math.max(low, value)));
    };
    this.picture.addEventListener("pointerdown", (event) => {
      this.picture.setPointerCapture(event.pointerId);
      pick(event);
    });
    this.picture.addEventListener("pointermove", (event) => event.buttons && pick(event));
  }
}
