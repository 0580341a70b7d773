// Las preguntas del libro: pone controles a lo que sin JavaScript es un enunciado con la respuesta plegada.
const makeElement = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

/** El número escrito, con punto o coma decimal; si es grande, también con separador de millares. */
function readings(text) {
  const plain = text.replace(/[\s\u202f]/g, "").replace("−", "-");
  const number = plain.replace(",", ".");
  if (number === "" || Number.isNaN(Number(number))) return [];
  return /^-?\d{1,3}([.,]\d{3})+$/.test(plain) ? [Number(number), Number(plain.replace(/[.,]/g, ""))] : [Number(number)];
}

/** Cada clase de pregunta pone sus controles y devuelve quién corrige: {right, reason}, o {hint} si falta responder. */
const QUESTION_KINDS = {
  choice(form, reasons) {
    const items = [...form.querySelectorAll(".options > li")];
    for (const [index, item] of items.entries()) {
      const radio = makeElement("input", { type: "radio", name: `${form.id}-opcion`, value: index });
      const text = makeElement("span", {}, ...item.childNodes);
      if (text.querySelector("math")) radio.ariaLabel = text.textContent.trim(); // una fórmula sola no da nombre
      item.append(makeElement("label", {}, radio, text));
    }
    return () => {
      const chosen = form.querySelector("input:checked")?.value;
      if (chosen === undefined) return { hint: "Elige una opción." };
      return { right: chosen === form.dataset.key, reason: reasons[chosen] };
    };
  },

  number(form, reasons) {
    const input = makeElement("input", { type: "text", inputMode: "decimal", autocomplete: "off", size: 12 });
    form.querySelector(".statement").after(makeElement("label", { className: "number" }, "Tu respuesta: ", input));
    const values = form.dataset.key.split(" ").map(Number);
    return () => {
      const read = readings(input.value);
      if (!read.length) return { hint: "Escribe un número; por ejemplo, 0.25 o 0,25." };
      const near = (value) => read.some((number) => Math.abs(number - value) <= Number(form.dataset.tolerance));
      const found = values.findIndex(near);
      return { right: found === 0, reason: reasons[found] };
    };
  },

  order(form, reasons, status) {
    const list = form.querySelector(".options");
    for (const [index, item] of [...list.children].entries()) {
      item.dataset.place = form.dataset.key.split(" ")[index];
      const text = item.textContent.trim();
      const move = (sign, name, step) => {
        const button = makeElement("button", { type: "button", textContent: sign, ariaLabel: `${name}: ${text}` });
        button.addEventListener("click", () => {
          const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
          if (!other) return;
          step < 0 ? other.before(item) : other.after(item);
          button.focus();
          const place = [...list.children].indexOf(item) + 1;
          status.replaceChildren(`Ahora va en el lugar ${place} de ${list.children.length}.`);
          form.dataset.state = "";
        });
        return button;
      };
      item.append(makeElement("span", { className: "moves" }, move("↑", "Subir", -1), move("↓", "Bajar", 1)));
    }
    return () => {
      const wrong = [...list.children].findIndex((item, index) => Number(item.dataset.place) !== index);
      if (wrong < 0) return { right: true };
      const misplaced = reasons[list.children[wrong].dataset.place];
      return { right: false, reason: misplaced, where: `El lugar ${wrong + 1} no es el de este paso: ` };
    };
  },
};

for (const form of document.querySelectorAll("form.question")) {
  const status = makeElement("div", { className: "status" });
  status.setAttribute("role", "status");
  const reasons = [...form.querySelectorAll(".reasons > li")];
  const correct = QUESTION_KINDS[form.dataset.kind](form, reasons, status);
  const details = form.querySelector("details");
  details.before(makeElement("button", { className: "check", textContent: "Comprobar" }), status);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { hint, right, reason, where = "" } = correct();
    form.dataset.state = hint ? "" : right ? "right" : "wrong";
    const copy = reason?.cloneNode(true);
    if (form.dataset.kind === "choice") copy?.querySelector("strong").remove(); // el veredicto ya lo dice
    const verdict = makeElement("strong", { textContent: right ? "✓ Correcto. " : "✗ No es así. " });
    const rest = copy ? copy.childNodes : right ? [] : ["Repasa la cuenta, o mira la respuesta."];
    status.replaceChildren(...(hint ? [hint] : [verdict, where, ...rest]));
  });
}
