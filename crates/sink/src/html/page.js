"use strict";
(function () {
  var filter = document.getElementById("filter"), cards = document.querySelectorAll("#cards > article");
  if (!filter || cards.length < 2) { return; }
  var query = document.getElementById("query"), shown = document.getElementById("shown");
  filter.hidden = false;
  query.addEventListener("input", function () {
    var words = query.value.toLowerCase().split(/\s+/), count = 0;
    cards.forEach(function (card) {
      var text = card.textContent.toLowerCase();
      card.hidden = !words.every(function (word) { return text.includes(word); });
      if (!card.hidden) { count += 1; }
    });
    shown.textContent = count === cards.length ? "" : count + " of " + cards.length + " shown";
  });
})();
