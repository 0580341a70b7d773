// Las diapositivas: sin animaciones, con su número, y la letra de cada una tan grande como quepa.
const SIZE = { width: 1280, height: 720 };
const FOOT = 30; // para el número

function fit(slide) {
  const overflows = () => slide.scrollHeight > SIZE.height - FOOT || slide.scrollWidth > slide.clientWidth;
  for (let size = 100; size > 40 && overflows(); size -= 5) slide.style.fontSize = `${size}%`;
}

Reveal.initialize({
  ...SIZE,
  margin: 0.04,
  center: false,
  hash: true,
  navigationMode: "linear", // las flechas pasan por todas
  scrollLayout: "compact", // en un teléfono, seguidas
  slideNumber: "c/t",
  transition: "none",
});
Reveal.on("slidechanged", ({ currentSlide }) => fit(currentSlide));
window.addEventListener("load", () => document.fonts.ready.then(() => Reveal.getSlides().forEach(fit)));
