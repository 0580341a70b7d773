// Una ecuación más ancha que su caja se desplaza también con el teclado.
function reachWideEquations() {
  for (const equation of document.querySelectorAll('mjx-container[display="true"]')) {
    if (equation.scrollWidth > equation.clientWidth) equation.tabIndex = 0;
    else equation.removeAttribute("tabindex");
  }
}
window.addEventListener("load", () => window.MathJax?.startup.promise.then(reachWideEquations));
window.addEventListener("resize", reachWideEquations);
