// The words that were selected in a paragraph stand in its form when it is opened; without this they are typed.
"use strict";

document.querySelectorAll(".mark-here").forEach(function (place) {
  place.querySelector("summary").addEventListener("pointerdown", function () {
    const chosen = window.getSelection();
    const paragraph = place.previousElementSibling;
    if (chosen && !chosen.isCollapsed && paragraph.contains(chosen.anchorNode) && paragraph.contains(chosen.focusNode)) {
      place.querySelector("[name=passage]").value = chosen.toString().trim();
    }
  });
});
