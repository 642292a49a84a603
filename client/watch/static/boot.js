// Loads the program of the page, and says so where that fails: a file is missing, or the browser does not understand it.
const { program } = document.body.dataset;

import(`./${program}.js`).catch((error) => {
  document.getElementById("state").textContent = `The page did not load completely. Please reload it. (${error})`;
  throw error;
});
