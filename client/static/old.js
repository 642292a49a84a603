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
  // What a browser without scripts shows: the way to the end, and to a code, for who has no other browser.
  var without = scene.getElementsByTagName("noscript")[0];
  if (without) {
    var way = document.createElement("div");
    way.className = "page";
    way.innerHTML = without.textContent;
    scene.appendChild(way);
  }
});
