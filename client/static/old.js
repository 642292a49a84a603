// For browsers that know no modules and so never run boot.js. Written in the JavaScript of 2009.
document.addEventListener("DOMContentLoaded", function () {
  var own = {};
  try {
    own = JSON.parse(document.getElementById("words").textContent);
  } catch (none) {
    // A page in English has none.
  }
  var texts = [
    "This browser is too old",
    "The study needs a current version of Chrome, Edge, Firefox or Safari. Please open the same address there; your place is kept.",
  ];
  var words = document.createElement("div");
  words.setAttribute("role", "alert");
  words.className = "page problem";
  for (var i = 0; i < texts.length; i++) {
    var line = document.createElement("p");
    line.textContent = own[texts[i]] || texts[i];
    words.appendChild(line);
  }
  var scene = document.getElementById("scene");
  scene.insertBefore(words, scene.firstChild);
  // The way to the end, and to a code, of a browser without scripts, for who has no other browser.
  var without = scene.getElementsByTagName("noscript")[0];
  if (without) {
    var way = document.createElement("div");
    way.className = "page";
    way.innerHTML = without.textContent;
    var form = way.getElementsByTagName("form")[0];
    form.getElementsByTagName("input")[0].value = "too_old";
    form.removeChild(form.getElementsByTagName("p")[0]);
    scene.appendChild(form);
  }
});
