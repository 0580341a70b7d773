// Una ecuación más ancha que su caja se desplaza también con el teclado. Primero se miran todas y después se cambia lo
// que haga falta: alternarlo obligaría a recolocar la página una y otra vez.
const equations = [...document.querySelectorAll("div.math")];
const reach = (boxes) => {
  const wide = boxes.map((box) => box.scrollWidth > box.clientWidth);
  boxes.forEach((box, number) => {
    if (wide[number] && !box.hasAttribute("tabindex")) box.tabIndex = 0;
    if (!wide[number]) box.removeAttribute("tabindex");
  });
};
const equationSizes = new ResizeObserver((changes) => reach(changes.map(({ target }) => target)));
equations.forEach((equation) => equationSizes.observe(equation));
document.fonts.ready.then(() => reach(equations));
