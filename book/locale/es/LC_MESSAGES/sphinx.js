Documentation.addTranslations({
  locale: "es",
  messages: {
    ", in ": ", en ",
    "Hide Search Matches": "Dejar de resaltar lo buscado",
    "Preparing search...": "Preparando la búsqueda…",
    "Search": "Buscar",
    "Search Results": "Resultados de la búsqueda",
    "Search finished, found ${resultCount} page(s) matching the search query.":
      "Páginas que contienen lo buscado: ${resultCount}.",
    "Searching": "Buscando",
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.":
      "Ninguna página contiene todas esas palabras. Comprueba que estén bien escritas o prueba con menos.",
  },
  plural_expr: "n == 1 ? 0 : 1",
});
