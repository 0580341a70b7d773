// Las celdas que se pueden editar y ejecutar en la página. Hasta que se pulsa «Ejecutar» no se carga nada más que esto.
const here = new URL(".", import.meta.url);
const cells = [...document.querySelectorAll(".celda")].map((box, order) => makeCell(box, order + 1));
const download = fetchOnce("bytes.json"); // cuánto ocupa cada cosa; vacío si el sitio no lleva Python
const page = fetchOnce(`${location.pathname.split("/").pop().replace(/\.html$/, "")}.json`);
let worker, running, cancel;

function fetchOnce(name) {
  let answer;
  return () =>
    (answer ??= fetch(new URL(name, here)).then((got) => {
      if (!got.ok) throw new Error(`${got.status} ${name}`);
      return got.json();
    })).catch((error) => {
      answer = undefined;
      throw error;
    });
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function makeCell(box, number) {
  const index = Number([...box.classList].find((name) => /^celda-\d+$/.test(name)).slice(6));
  const input = box.querySelector(".cell_input");
  const code = input.querySelector("pre");
  const cell = { index, number, box, input, shown: input.firstElementChild, source: code.textContent.trimEnd() };
  const button = (text, action) => {
    const made = element("button", { type: "button", textContent: text });
    made.setAttribute("aria-label", `${text} la celda ${number}`);
    made.addEventListener("click", () => action(cell));
    return made;
  };
  cell.play = button("Ejecutar", () => (running === cell ? stop(cell) : run(cell)));
  cell.edit = button("Editar", edit);
  cell.undo = button("Restaurar", restore);
  cell.undo.hidden = true;
  cell.status = element("span", { className: "celda-estado" });
  cell.status.setAttribute("role", "status");
  const bar = element("div", { className: "celda-botones" }, cell.play, cell.edit, cell.undo, cell.status);
  (input.closest("details") ?? input).after(bar);
  cell.bar = bar;
  return cell;
}

function edit(cell) {
  const folded = cell.input.closest("details");
  if (folded) folded.open = true;
  cell.editor = element("textarea", {
    className: "celda-editor",
    spellcheck: false,
    value: cell.source,
    rows: cell.source.split("\n").length + 1,
  });
  for (const [name, value] of Object.entries({
    "aria-label": `Código de la celda ${cell.number}; con Control y Entrar se ejecuta`,
    autocapitalize: "off",
    autocomplete: "off",
    wrap: "off",
  })) cell.editor.setAttribute(name, value);
  cell.editor.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      run(cell);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const before = cell.editor.value.slice(0, cell.editor.selectionStart);
      const line = before.slice(before.lastIndexOf("\n") + 1);
      document.execCommand("insertText", false, `\n${line.match(/^ */)[0]}${/:\s*$/.test(line) ? "    " : ""}`);
    }
  });
  cell.editor.addEventListener("input", () => (cell.editor.rows = cell.editor.value.split("\n").length + 1));
  cell.shown.hidden = true;
  cell.input.append(cell.editor);
  cell.edit.hidden = true;
  cell.undo.hidden = false;
  cell.editor.focus();
}

function restore(cell) {
  if (running === cell) stop(cell);
  cell.editor?.remove();
  cell.output?.remove();
  cell.editor = cell.output = undefined;
  cell.shown.hidden = cell.edit.hidden = false;
  cell.undo.hidden = true;
  cell.status.textContent = "";
  cell.edit.focus();
}

function setRunning(cell) {
  const last = running;
  running = cell;
  for (const each of [last, cell]) {
    if (!each) continue;
    each.play.textContent = each === running ? "Detener" : "Ejecutar";
    each.play.setAttribute("aria-label", `${each.play.textContent} la celda ${each.number}`);
  }
}

function forget() {
  worker?.terminate();
  worker = undefined;
}

function stop(cell) {
  forget();
  cancel?.();
  setRunning(undefined);
  cell.status.textContent = "Detenida.";
}

const megabytes = (bytes) => `${Math.max(1, Math.round(bytes / 1e6))} MB`;

async function run(cell) {
  if (running) {
    cell.status.textContent = "Espera a que termine la celda que se está ejecutando, o detenla.";
    return;
  }
  setRunning(cell);
  try {
    let sizes, sources;
    try {
      [sizes, sources] = await Promise.all([download(), page()]);
    } catch {
      offline(cell);
      return;
    }
    if (running !== cell) return; // se ha detenido mientras tanto
    sources = [...sources];
    for (const each of cells) if (each.editor) sources[each.index] = each.editor.value;
    if (!sizes.core) {
      cell.status.textContent =
        "Este sitio se construyó sin el Python que ejecuta las celdas: constrúyelo con «make pyodide book».";
      return;
    }
    const answer = await ask(cell, sizes, sources);
    if (running === cell && answer) finish(cell, answer);
  } finally {
    if (running === cell) setRunning(undefined);
  }
}

function ask(cell, sizes, sources) {
  return new Promise((resolve) => {
    worker ??= new Worker(new URL("worker.js", here), { type: "module" });
    cancel = resolve;
    worker.onerror = () => resolve({ stage: "offline", reason: "worker" });
    worker.onmessage = ({ data }) => {
      const text = {
        loading: () => progress("Preparando Python…", sizes.core),
        packages: () => progress(`Preparando ${data.packages.join(", ")}…`, total(data.packages, sizes)),
        running: () => "Ejecutando…",
      }[data.stage];
      if (text) cell.status.textContent = text();
      else resolve(data);
    };
    worker.postMessage({ index: cell.index, sources });
  });
}

function progress(text, bytes) {
  return bytes ? `${text} La primera vez se descargan hasta ${megabytes(bytes)}.` : text;
}

const total = (names, sizes) => names.reduce((sum, name) => sum + sizes[name], 0);

function offline(cell) {
  forget();
  cell.status.textContent =
    "No se pudo descargar Python: parece que no hay conexión. " +
    "La página sigue igual; cuando vuelva la conexión, pulsa de nuevo «Ejecutar».";
}

function finish(cell, answer) {
  if (answer.stage === "offline") {
    console.info(answer.reason);
    offline(cell);
    return;
  }
  if (answer.stage === "crashed") {
    console.info(answer.reason);
    forget();
    cell.status.textContent = "El intérprete se ha parado, quizá por falta de memoria. Pulsa de nuevo «Ejecutar».";
    return;
  }
  if (answer.stage === "missing") {
    const names = answer.missing.join(", ");
    cell.status.textContent =
      `El navegador no tiene lo que usa esta celda (${names}): ejecuta el cuaderno en Colab o en Binder.`;
    return;
  }
  const others = answer.before.length;
  const before = others === 0 ? "" : `, tras ${others === 1 ? "la celda anterior" : `las ${others} anteriores`} que necesita`;
  const failed = answer.failed !== undefined;
  const where = answer.failed === cell.index ? "" : " en una celda anterior, que esta necesita";
  cell.status.textContent = failed
    ? `Hay un error${where}.`
    : `Hecho en ${answer.seconds.toFixed(1)} s${before}.`;
  show(cell, answer.outputs);
}

function show(cell, outputs) {
  cell.output?.remove();
  cell.output = undefined;
  cell.undo.hidden = false;
  if (!outputs.length) return;
  const image = cell.box.querySelector(".cell_output img");
  const alt = cell.editor || !image ? "Figura que acaba de dibujar la celda, con su código actual." : image.alt;
  cell.output = element("div", { className: "cell_output celda-salida" }, ...outputs.map((each) => draw(each, alt)));
  cell.output.setAttribute("role", "group");
  cell.output.setAttribute("aria-label", `Salida de la celda ${cell.number} en tu navegador`);
  cell.output.prepend(element("p", { className: "celda-titulo", textContent: "En tu navegador" }));
  cell.box.append(cell.output);
}

function draw({ kind, data }, alt) {
  if (kind === "image") return element("img", { src: `data:image/png;base64,${data}`, alt });
  if (kind === "html") {
    const box = element("div", { className: "output text_html", innerHTML: data });
    for (const each of box.querySelectorAll("[id]")) each.removeAttribute("id"); // los de la salida guardada
    return box;
  }
  const text = element("pre", { textContent: data, tabIndex: 0 });
  return element("div", { className: `output ${kind === "error" ? "traceback celda-error" : "stream"}` }, text);
}
