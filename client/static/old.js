// For browsers that know no modules and so never run boot.js. Written in the JavaScript of 2009.
document.addEventListener("DOMContentLoaded", function () {
  var words = document.createElement("p");
  words.setAttribute("role", "alert");
  words.className = "page problem";
  words.textContent =
    "This browser is too old for the study. Please open the same address in a current version of Chrome, Edge, " +
    "Firefox or Safari; your place is kept.";
  var scene = document.getElementById("scene");
  scene.insertBefore(words, scene.firstChild);
});
