// Una ecuación más ancha que su caja se desplaza también con el teclado.
const reach = (equation) => {
  if (equation.scrollWidth > equation.clientWidth) equation.tabIndex = 0;
  else equation.removeAttribute("tabindex");
};
const equations = [...document.querySelectorAll("div.math")];
const equationSizes = new ResizeObserver((changes) => changes.forEach(({ target }) => reach(target.closest("div.math"))));
equations.forEach((equation) => [equation, ...equation.children].forEach((box) => equationSizes.observe(box)));
document.fonts.ready.then(() => equations.forEach(reach));
