// Counts down to the end of a confirmation and looks again while something is being sent.
"use strict";
(function () {
  function show() {
    document.querySelectorAll("[data-until]").forEach(function (place) {
      const left = Math.max(0, Math.round(Number(place.getAttribute("data-until")) - Date.now() / 1000));
      place.textContent = Math.floor(left / 60) + " 分 " + (left % 60) + " 秒";
    });
  }
  show();
  window.setInterval(show, 1000);
  if (document.querySelector("[data-live]")) {
    window.setTimeout(function () { window.location.reload(); }, 4000);
  }
})();
