// Enciende los instrumentos de la página: cada uno, con su código, cuando está a punto de verse.

const modules = { celda: "./cell.js", quijote: "./quijote.js", opinion: "./opinion.js" };

async function start(element) {
  const { instrument, weights, integrity, presets } = element.dataset;
  try {
    const { build } = await import(modules[instrument]);
    element.replaceChildren(...build({ weights, integrity, presets: presets ? JSON.parse(presets) : {} }));
    element.classList.add("ex-ready");
  } catch (error) {
    element.firstElementChild.textContent = "El instrumento no se ha podido cargar. Recarga la página para volver a intentarlo.";
    throw error;
  }
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      start(target);
    }
  },
  { rootMargin: "300px" },
);
document.querySelectorAll(".explorer").forEach((element) => near.observe(element));
